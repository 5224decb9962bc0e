// The search of `tune`: ranges, draws, halving, edges, and which trial wins.
#include "bench/tune/search.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <set>

#include "host/error.hpp"
#include "host/methods/registry.hpp"

namespace embrace {
namespace {

const Method& method(const std::string& name) { return *find_method(name); }

std::vector<SearchRange> ranges_of(const std::string& name) { return search_ranges(method(name), {}, {}); }

TEST(Search, EveryMethodsRangesAreLegalAndHoldItsDefaults) {
  int searched = 0;
  for (const Method& m : methods()) {
    for (const SearchRange& range : m.info.search) {
      ++searched;
      const HyperSpec* spec = find_hyper(m, range.name);
      ASSERT_NE(spec, nullptr) << m.name << "." << range.name;
      EXPECT_GE(range.low, spec->lowest) << m.name << "." << range.name;
      EXPECT_LE(range.high, spec->highest) << m.name << "." << range.name;
      EXPECT_LT(range.low, range.high) << m.name << "." << range.name;
      EXPECT_TRUE(range.scale == SearchRange::Scale::linear || range.low > 0) << m.name << "." << range.name;
      for (const double value : {spec->rating_default, spec->ranking_default}) {
        EXPECT_GE(value, range.low) << m.name << "." << range.name;
        EXPECT_LE(value, range.high) << m.name << "." << range.name;
      }
    }
  }
  EXPECT_GT(searched, 20);
}

TEST(Search, TheFirstTrialIsTheDefaultAndOthersLieInTheirRanges) {
  const Method& sgd = method("sgd");
  const auto ranges = ranges_of("sgd");
  EXPECT_EQ(trial_hyper(sgd, Task::rating, {}, usual_shape, ranges, 1, 0).values(),
            make_hyper(sgd, Task::rating, {}).values());
  std::set<double> rates;
  double below = 0;
  for (int trial = 1; trial <= 400; ++trial) {
    const Hyper hyper = trial_hyper(sgd, Task::rating, {}, usual_shape, ranges, 1, trial);
    for (const SearchRange& range : ranges) {
      EXPECT_GE(hyper[range.name], range.low * 0.995);  // three digits
      EXPECT_LE(hyper[range.name], range.high * 1.005);
    }
    EXPECT_EQ(hyper["epochs"], std::round(hyper["epochs"]));
    EXPECT_EQ(hyper["factors"], 64) << "what is not searched stays";
    rates.insert(hyper["learning_rate"]);
    below += hyper["learning_rate"] < std::sqrt(0.003 * 0.1) ? 1 : 0;
  }
  EXPECT_GT(rates.size(), 200U);
  EXPECT_NEAR(below / 400, 0.5, 3 * 0.5 / 20) << "uniform in the logarithm: three standard deviations";
  EXPECT_NE(trial_hyper(sgd, Task::rating, {}, usual_shape, ranges, 1, 3).values(),
            trial_hyper(sgd, Task::rating, {}, usual_shape, ranges, 2, 3).values());
}

TEST(Search, EpochsAreReadOffTheTrainingWhereTheyCanBe) {
  EXPECT_EQ(trial_hyper(method("als"), Task::rating, {}, usual_shape, ranges_of("als"), 1, 5)["epochs"], 30);
  EXPECT_EQ(trial_hyper(method("als"), Task::rating, {}, usual_shape, ranges_of("als"), 1, 0)["epochs"], 30);
  EXPECT_EQ(trial_hyper(method("sgd"), Task::rating, {}, usual_shape, ranges_of("sgd"), 1, 0)["epochs"], 50)
      << "its schedule";
}

TEST(Search, WhatIsSetIsNotSearched) {
  const std::vector<const Method*> all = {&method("als"), &method("sgd")};
  const std::vector<Setting> fixed = parse_settings({"als.nu=0.25"}, all);
  const auto als = search_ranges(method("als"), {}, fixed), sgd = search_ranges(method("sgd"), {}, fixed);
  EXPECT_EQ(als.size(), method("als").info.search.size() - 1);
  EXPECT_EQ(sgd.size(), method("sgd").info.search.size());
  for (int trial = 0; trial < 5; ++trial) {
    EXPECT_EQ(trial_hyper(method("als"), Task::rating, fixed, usual_shape, als, 1, trial)["nu"], 0.25);
  }
}

TEST(Search, RangesOfTheUserTakeTheMethodsPlace) {
  const std::vector<const Method*> all = {&method("als"), &method("sgd")};
  const auto chosen = parse_ranges({"als.regularization=10:20,nu=0.1:0.2"}, all);
  for (int trial = 1; trial < 20; ++trial) {
    const auto ranges = search_ranges(method("als"), chosen, {});
    const Hyper hyper = trial_hyper(method("als"), Task::rating, {}, usual_shape, ranges, 1, trial);
    EXPECT_GE(hyper["regularization"], 10);
    EXPECT_LE(hyper["regularization"], 20);
    EXPECT_LE(hyper["nu"], 0.2);
  }
  EXPECT_EQ(search_ranges(method("sgd"), chosen, {})[2].high, method("sgd").info.search[2].high);
  for (const char* wrong : {"als.regularization", "als.regularization=1", "als.regularization=1:x", "als.nu=1:0",
                            "als.nu=1:1", "als.nu=0:3", "als.regularization=0:1", "als.fctors=1:2", "als.factors=8:64",
                            "nosuch.nu=0:1", "als.nu=nan:1", "als.nu=0:inf"}) {
    EXPECT_THROW(parse_ranges({wrong}, all), UsageError) << wrong;
  }
}

TEST(Search, StepsStayNearAndInside) {
  const auto ranges = ranges_of("sgd");
  const Hyper from = trial_hyper(method("sgd"), Task::rating, {}, usual_shape, ranges, 1, 0);
  double apart = 0;
  for (int trial = 0; trial < 200; ++trial) {
    const Hyper to = step_hyper(method("sgd"), from, ranges, 1, trial, 0.1);
    for (const SearchRange& range : ranges) {
      EXPECT_GE(to[range.name], range.low * 0.995);
      EXPECT_LE(to[range.name], range.high * 1.005);
    }
    const double share = std::log(to["regularization"] / from["regularization"]) / std::log(20 / 0.05);
    apart += share * share;
  }
  EXPECT_NEAR(std::sqrt(apart / 200), 0.1, 3 * 0.1 / std::sqrt(2 * 200.0)) << "three standard deviations";
}

TEST(Search, AThirdLivesThreeTimesAsLong) {
  const auto steps = rungs(30, true);
  ASSERT_EQ(steps.size(), 3U);
  EXPECT_EQ(steps[0].trials, 30);
  EXPECT_EQ(steps[1].trials, 10);
  EXPECT_EQ(steps[2].trials, 4);
  EXPECT_DOUBLE_EQ(steps[0].share, 1.0 / 9);
  EXPECT_DOUBLE_EQ(steps[2].share, 1);
  for (int trials = 1; trials < 60; ++trials) {
    const auto all = rungs(trials, true);
    EXPECT_EQ(all.front().trials, trials);
    EXPECT_EQ(all.back().share, 1) << trials;
    EXPECT_GE(all.back().trials, 1) << trials;
    EXPECT_EQ(rungs(trials, false).size(), 1U) << "what has no epochs is trained whole";
  }
}

TrialResult result(int trial, double value, bool failed = false, std::vector<std::string> edges = {}) {
  return {.trial = trial,
          .hyper = {},
          .value = value,
          .failed = failed,
          .record = "",
          .reason = "",
          .edges = std::move(edges)};
}

TEST(Search, TheBestIsFirstAndFailuresAreLast) {
  std::vector<TrialResult> results = {result(0, 0, true), result(1, 0.93), result(2, 0.91), result(3, 0.91)};
  rank_trials(results, false);
  EXPECT_EQ(results[0].trial, 2) << "of equals the earlier";
  EXPECT_EQ(results[1].trial, 3);
  EXPECT_EQ(results[3].trial, 0);
  rank_trials(results, true);
  EXPECT_EQ(results[0].trial, 1);
  EXPECT_EQ(results[3].trial, 0);
}

TEST(Search, ATrialInsideWinsWhenItIsAsGood) {
  const std::vector<std::string> edge = {"at an edge"};
  EXPECT_EQ(winner({result(1, 0.9, false, edge), result(2, 0.9005)}, 0.001)->trial, 2);
  EXPECT_EQ(winner({result(1, 0.9, false, edge), result(2, 0.902)}, 0.001)->trial, 1) << "much worse: the edge is told";
  EXPECT_EQ(winner({result(1, 0.9), result(2, 0.9)}, 0.001)->trial, 1);
  EXPECT_EQ(winner({result(1, 0, true)}, 0.001), nullptr);
  EXPECT_EQ(winner({}, 0.001), nullptr);
}

TEST(Search, EdgesAreNamedUnlessTheyAreTheEndOfWhatIsLegal) {
  const auto ranges = ranges_of("als");  // regularization 0.05 to 50, nu 0 to 1 of 0 to 2
  Hyper hyper = make_hyper(method("als"), Task::rating, {});
  EXPECT_TRUE(edges(method("als"), ranges, hyper).empty());
  hyper.set("regularization", 49);
  hyper.set("nu", 0);
  const auto found = edges(method("als"), ranges, hyper);
  ASSERT_EQ(found.size(), 1U) << "a power of 0 is legal, and none is below it";
  EXPECT_EQ(found[0], "als.regularization = 49 lies at the upper edge of 0.05 to 50");
  hyper.set("nu", 0.99);
  EXPECT_EQ(edges(method("als"), ranges, hyper).size(), 2U);
}

}  // namespace
}  // namespace embrace
