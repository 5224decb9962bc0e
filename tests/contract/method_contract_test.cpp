// What every method promises, checked for every line of methods.def, every task that it supports, and on every kind of
// device that is here: the CPU and, where there is one, the first CUDA device.
#include <gtest/gtest.h>

#include <cctype>
#include <cmath>
#include <numeric>
#include <set>
#include <tuple>

#include "bench/devices.hpp"
#include "host/error.hpp"
#include "host/matrix.hpp"
#include "host/methods/registry.hpp"
#include "tests/drifting_method.hpp"
#include "tests/planted.hpp"
#include "tests/same_bits.hpp"
#include "tests/small_settings.hpp"

namespace embrace {
namespace {

using test::Data;
using test::Options;
using test::Pairs;
using test::Planted;
using test::same_bits;
using test::Settings;
using test::Trained;

const Planted& planted() {
  static const Planted instance;
  return instance;
}
const Data& planted_data() {
  static const Data instance(Planted::users, Planted::items, planted().seen);
  return instance;
}

/// Biases of users and items alone: it cannot know who agrees with what.
bool has_biases_alone(const Method& method) {
  const Task task = method.info.traits.rating ? Task::rating : Task::ranking;
  const Data empty(1, 1, Pairs{});
  const Trained trained(method, task, empty, {.epochs = 1});
  const auto embedding = trained.trainer().embedding();
  return embedding && embedding->users.columns == 0;
}

bool reads_features(const Method& method) {
  const Traits& traits = method.info.traits;
  return traits.user_features || traits.item_features || traits.context;
}

const HyperSpec* find_spec(const Method& method, const std::string& name) {
  for (const HyperSpec& spec : method.info.hyper) {
    if (spec.name == name) return &spec;
  }
  return nullptr;
}

Pairs all_pairs(std::int64_t users, std::int64_t items) {
  Pairs pairs;
  for (std::int64_t u = 0; u < users; ++u) {
    for (std::int64_t i = 0; i < items; ++i) pairs.add(u, i, 0);
  }
  return pairs;
}

::testing::AssertionResult all_finite(const std::vector<float>& values) {
  for (std::size_t p = 0; p < values.size(); ++p) {
    if (!std::isfinite(values[p])) return ::testing::AssertionFailure() << "prediction " << p << " is " << values[p];
  }
  return ::testing::AssertionSuccess();
}

struct Case {
  const Method* method;
  Task task;
  DeviceInfo device;
};

std::string case_name(const Case& c) {
  std::string name = c.method->name + "_" + to_text(c.task);
  if (c.device.kind != DeviceKind::cpu) name += "_" + c.device.spec;
  for (char& letter : name) {
    if (std::isalnum(static_cast<unsigned char>(letter)) == 0) letter = '_';
  }
  return name;
}
void PrintTo(const Case& c, std::ostream* out) { *out << case_name(c); }

/// The CPU, then the first CUDA device if there is one.
std::vector<DeviceInfo> tested_devices() {
  std::vector<DeviceInfo> devices = usable_devices();
  devices.resize(std::min<std::size_t>(devices.size(), 2));
  return devices;
}

std::vector<Case> cases_of(bool (*chosen)(const Method&, const DeviceInfo&)) {
  static const std::vector<DeviceInfo> devices = tested_devices();
  std::vector<Case> list;
  for (const DeviceInfo& device : devices) {
    for (const Method& method : methods()) {
      if (!chosen(method, device)) continue;
      if (method.info.traits.rating) list.push_back({&method, Task::rating, device});
      if (method.info.traits.ranking) list.push_back({&method, Task::ranking, device});
    }
  }
  return list;
}

/// Methods that average, and one that shows what the promise is before there is any.
std::vector<Case> averaging_cases() {
  static const Method example = test::drifting_method();
  std::vector<Case> list = cases_of([](const Method& m, const DeviceInfo&) { return m.info.traits.averages; });
  list.push_back({&example, Task::rating, {.spec = "cpu", .kind = DeviceKind::cpu, .name = "cpu"}});
  return list;
}

class MethodContract : public ::testing::TestWithParam<Case> {
 protected:
  void SetUp() override {
    try {
      train(Data(1, 1, Pairs{}), {.epochs = 1});
    } catch (const Unsupported& error) {
      GTEST_SKIP() << error.what();
    }
  }
  const DeviceInfo& device() const { return GetParam().device; }
  const Method& method() const { return *GetParam().method; }
  const Traits& traits() const { return method().info.traits; }
  Task task() const { return GetParam().task; }
  Trained train(const Data& data, const Options& options = {}) const { return train_on(device(), data, options); }
  Trained train_on(const DeviceInfo& on, const Data& data, Options options = {}) const {
    // Hundreds of samples take an emulated device a minute; what is asked of defaults holds after a few as well.
    const bool defaults = options.epochs == 0 && options.settings.empty();
    if (device().kind == DeviceKind::emulated && traits().averages && defaults) options.epochs = 20;
    // Others are given narrower layers and fewer epochs, in these tests on the CPU as well.
    if (device().kind == DeviceKind::emulated) {
      const Settings small = test::small_settings(method());
      options.settings.insert(options.settings.begin(), small.begin(), small.end());
    }
    return {method(), task(), data, options,
            [&](const Method& method, const Problem& problem) { return make_trainer(method, on, problem); }};
  }
};

// Promises that only some methods make: a suite each, over the methods that make them.
#define EMBRACE_CONTRACT(suite, chosen)                                             \
  INSTANTIATE_TEST_SUITE_P(All, suite, ::testing::ValuesIn(cases_of(chosen)),       \
                           [](const auto& test) { return case_name(test.param); }); \
  GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(suite)

class LearnerContract : public MethodContract {};
class DeterministicContract : public MethodContract {};
class ClosedFormContract : public MethodContract {};
class UnscheduledContract : public MethodContract {};
class AveragesContract : public MethodContract {};
class DescentContract : public MethodContract {};
class FeatureContract : public MethodContract {};
class FoldInContract : public MethodContract {};
class FactorsContract : public MethodContract {};
class DeviceContract : public MethodContract {};

EMBRACE_CONTRACT(MethodContract, [](const Method&, const DeviceInfo&) { return true; });
// An emulated device takes minutes to learn; DeviceContract compares what it reaches with defaults.
EMBRACE_CONTRACT(LearnerContract, [](const Method& m, const DeviceInfo& d) {
  return !has_biases_alone(m) && d.kind != DeviceKind::emulated;
});
EMBRACE_CONTRACT(DeterministicContract, [](const Method& m, const DeviceInfo&) { return !m.info.traits.lock_free; });
EMBRACE_CONTRACT(ClosedFormContract, [](const Method& m, const DeviceInfo&) { return m.info.traits.closed_form; });
EMBRACE_CONTRACT(UnscheduledContract, [](const Method& m, const DeviceInfo&) {
  return !m.info.traits.schedules && !m.info.traits.closed_form;
});
INSTANTIATE_TEST_SUITE_P(All, AveragesContract, ::testing::ValuesIn(averaging_cases()),
                         [](const auto& test) { return case_name(test.param); });
EMBRACE_CONTRACT(DescentContract,
                 [](const Method& m, const DeviceInfo&) { return find_spec(m, "learning_rate") != nullptr; });
EMBRACE_CONTRACT(FeatureContract, [](const Method& m, const DeviceInfo&) { return reads_features(m); });
EMBRACE_CONTRACT(FoldInContract, [](const Method& m, const DeviceInfo&) { return m.info.traits.fold_in; });
EMBRACE_CONTRACT(FactorsContract,
                 [](const Method& m, const DeviceInfo&) { return find_spec(m, "factors") != nullptr; });
EMBRACE_CONTRACT(DeviceContract,
                 [](const Method&, const DeviceInfo& device) { return device.kind != DeviceKind::cpu; });

TEST_P(LearnerContract, LearnsThePlantedStructure) {
  // Defaults are for data of 100,000 ratings and more; here an epoch has a tenth of the updates.
  Settings settings;
  for (const HyperSpec& spec : method().info.hyper) {
    if (spec.name == "epochs")
      settings = {{"epochs", 3 * (task() == Task::rating ? spec.rating_default : spec.ranking_default)}};
  }
  for (const bool features : {true, false}) {
    if (features && !reads_features(method())) continue;
    const Trained trained = train(planted_data(), {.features = features, .settings = settings});
    const auto predicted = trained.predict(planted().unseen);
    ASSERT_TRUE(all_finite(predicted));
    // Popularity and means do not know who agrees: 0.5 of the pairs of items, or the deviation 1 of the clusters.
    EXPECT_GT(test::agreement(planted().unseen, predicted), 0.7) << "with features: " << features;
    if (task() == Task::rating) {
      EXPECT_LT(test::rmse(predicted, planted().unseen.values), 0.6) << "with features: " << features;
    }
  }
}

TEST_P(DeterministicContract, GivesTheSameBitsForAnyNumberOfThreads) {
  const Pairs pairs = all_pairs(Planted::users, Planted::items);
  const auto bits = [&](int threads) {
    return train(planted_data(), {.threads = threads, .epochs = 2}).predict(pairs);
  };
  if (device().kind == DeviceKind::emulated) {  // it has but one order
    EXPECT_TRUE(same_bits(bits(4), bits(1)));
  } else {
    EXPECT_TRUE(test::same_bits_for_any_threads(bits));
  }
}

TEST_P(MethodContract, SeedsMatterWhereThereIsChance) {
  const Pairs pairs = all_pairs(Planted::users, Planted::items);
  const auto first = train(planted_data(), {.seed = 1, .epochs = 2}).predict(pairs);
  const auto second = train(planted_data(), {.seed = 2, .epochs = 2}).predict(pairs);
  EXPECT_EQ(same_bits(first, second), !traits().chance);
}

TEST_P(ClosedFormContract, AnotherEpochChangesNothing) {
  const Pairs pairs = all_pairs(Planted::users, Planted::items);
  EXPECT_TRUE(same_bits(train(planted_data(), {.epochs = 1}).predict(pairs),
                        train(planted_data(), {.epochs = 2}).predict(pairs)));
}

TEST_P(UnscheduledContract, TheFirstEpochsDoNotDependOnHowManyThereWillBe) {
  const Pairs pairs = all_pairs(Planted::users, Planted::items);
  EXPECT_TRUE(same_bits(train(planted_data(), {.settings = {{"epochs", 2}}}).predict(pairs),
                        train(planted_data(), {.settings = {{"epochs", 7}}, .epochs = 2}).predict(pairs)));
}

TEST_P(MethodContract, PredictAgreesWithScore) {
  const Trained trained = train(planted_data(), {.context = false, .epochs = 2});  // score() has no pairs
  const std::vector<std::int32_t> users = {3, 0, Planted::users - 1};
  Matrix scores(3, Planted::items);
  trained.trainer().score(users, scores.view());
  Pairs pairs;
  for (const std::int32_t u : users) {
    for (std::int64_t i = 0; i < Planted::items; ++i) pairs.add(u, i, 0);
  }
  const auto predicted = trained.predict(pairs);
  for (std::size_t p = 0; p < predicted.size(); ++p) {
    // Two float sums of at most a few hundred terms of the size of the result.
    ASSERT_NEAR(predicted[p], scores.data()[p], 1e-5F * (1 + std::fabs(predicted[p])));
  }
}

TEST_P(DeviceContract, RankAgreesWithScore) {
  const Trained trained = train(planted_data(), {.context = false, .epochs = 2});
  const std::vector<std::int32_t> users = {5, 0, Planted::users - 1};
  constexpr std::size_t depth = Planted::items;  // more than is left when seen items are taken out
  std::vector<ScoredItem> lists(users.size() * depth);
  const CsrView seen = planted_data().ratings.view();
  if (!trained.trainer().rank(users, seen, depth, lists)) GTEST_SKIP() << "scores are ranked by the caller";
  Matrix scores(3, Planted::items);
  trained.trainer().score(users, scores.view());
  for (std::size_t u = 0; u < users.size(); ++u) {
    const auto row = seen.row_indices(users[u]);
    std::vector<std::int32_t> order;
    for (std::int32_t i = 0; i < Planted::items; ++i) {
      if (!std::binary_search(row.begin(), row.end(), i)) order.push_back(i);
    }
    const auto score_of = [&](std::int32_t item) { return scores(static_cast<std::int64_t>(u), item); };
    std::stable_sort(order.begin(), order.end(),
                     [&](std::int32_t a, std::int32_t b) { return score_of(a) > score_of(b); });
    for (std::size_t d = 0; d < depth; ++d) {
      const ScoredItem& place = lists[u * depth + d];
      ASSERT_EQ(place.item, d < order.size() ? order[d] : -1) << "place " << d;
      if (d < order.size()) {
        ASSERT_EQ(place.score, score_of(place.item));
      }
    }
  }
}

TEST_P(MethodContract, EmbeddingReproducesPredict) {
  const Trained trained = train(planted_data(), {.context = false, .epochs = 2});  // it is no part of an embedding
  const auto embedding = trained.trainer().embedding();
  if (!embedding) GTEST_SKIP() << "no embedding";
  ASSERT_EQ(embedding->users.rows, Planted::users);
  ASSERT_EQ(embedding->items.rows, Planted::items);
  ASSERT_EQ(embedding->users.columns, embedding->items.columns);
  const Pairs pairs = all_pairs(Planted::users, Planted::items);
  const auto predicted = trained.predict(pairs);
  for (std::int64_t u = 0; u < Planted::users; ++u) {
    for (std::int64_t i = 0; i < Planted::items; ++i) {
      double sum = static_cast<double>(embedding->offset);
      double size = std::fabs(sum);
      const auto add = [&](double term) {
        sum += term;
        size += std::fabs(term);
      };
      if (!embedding->user_bias.empty()) add(static_cast<double>(embedding->user_bias[static_cast<std::size_t>(u)]));
      if (!embedding->item_bias.empty()) add(static_cast<double>(embedding->item_bias[static_cast<std::size_t>(i)]));
      for (std::int64_t k = 0; k < embedding->users.columns; ++k) {
        add(static_cast<double>(embedding->users(u, k)) * static_cast<double>(embedding->items(i, k)));
      }
      // Float sums of n terms differ by less than n · 2^-24 · Σ |terms|; n is 64 or so, seldom all in one direction.
      ASSERT_NEAR(static_cast<double>(predicted[static_cast<std::size_t>(u * Planted::items + i)]), sum,
                  1e-5 * (size + 1e-3));
    }
  }
}

TEST_P(MethodContract, UsersAndItemsWithoutRatingsArePredicted) {
  Pairs pairs;  // user 0, item 0 and the last of both have no ratings
  for (std::int64_t u = 1; u < 9; ++u) {
    for (std::int64_t i = 1; i < 7; ++i) {
      if ((u + i) % 3 != 0) pairs.add(u, i, 1 + static_cast<double>((u * i) % 5));
    }
  }
  const Data data(10, 8, pairs);
  for (const bool features : {true, false}) {
    EXPECT_TRUE(all_finite(train(data, {.features = features}).predict(all_pairs(10, 8))));
  }
}

TEST_P(MethodContract, TinyAndLopsidedProblemsAreSolved) {
  Pairs one;
  one.add(0, 0, 4);
  Pairs equal;  // all ratings are 3
  Pairs one_user;
  Pairs one_item;
  for (std::int64_t n = 0; n < 60; ++n) {
    equal.add(n % 6, n / 6, 3);
    one_user.add(2, n, static_cast<double>(n % 5 + 1));
    one_item.add(n, 1, static_cast<double>(n % 5 + 1));
  }
  EXPECT_TRUE(all_finite(train(Data(1, 1, one)).predict(all_pairs(1, 1))));
  EXPECT_TRUE(all_finite(train(Data(4, 60, one_user)).predict(all_pairs(4, 60))));
  EXPECT_TRUE(all_finite(train(Data(60, 2, one_item)).predict(all_pairs(60, 2))));
  const Data data(6, 10, equal);
  const auto predicted = train(data).predict(all_pairs(6, 10));
  EXPECT_TRUE(all_finite(predicted));
  if (task() == Task::rating) {
    for (const float p : predicted) EXPECT_NEAR(p, 3.0F, 1.0F);
  }
}

TEST_P(MethodContract, AnEmptyProblemIsPredictedFinitely) {
  EXPECT_TRUE(all_finite(train(Data(3, 2, Pairs{}), {.epochs = 1}).predict(all_pairs(3, 2))));
}

TEST_P(AveragesContract, WatchingChangesNoOtherPrediction) {
  const Pairs watched = planted().unseen;
  const Pairs& others = planted().seen;
  const auto predict_others = [&](const Pairs* told) {
    return train(planted_data(), {.epochs = 4, .watch = told}).predict(others);
  };
  EXPECT_TRUE(same_bits(predict_others(&watched), predict_others(nullptr)));
}

TEST_P(AveragesContract, WhatIsWatchedIsAveraged) {
  const Pairs& watched = planted().unseen;
  const auto averaged = train(planted_data(), {.epochs = 4, .watch = &watched}).predict(watched);
  ASSERT_TRUE(all_finite(averaged));
  EXPECT_FALSE(same_bits(averaged, train(planted_data(), {.epochs = 4}).predict(watched)));
}

TEST_P(DescentContract, DivergenceIsNoticedOrAbsent) {
  const HyperSpec* rate = find_spec(method(), "learning_rate");
  ASSERT_NE(rate, nullptr);
  try {
    const Trained trained = train(planted_data(), {.settings = {{"learning_rate", rate->highest}}, .epochs = 5});
    if (std::isfinite(trained.results().back().objective)) {
      EXPECT_TRUE(all_finite(trained.predict(all_pairs(Planted::users, Planted::items))));
    }
  } catch (const Diverged& error) {
    EXPECT_GT(std::strlen(error.what()), 0U);
  }
}

TEST_P(FeatureContract, FeaturesAreUsedWhereTheyAreRead) {
  const Pairs pairs = all_pairs(Planted::users, Planted::items);
  const auto with = train(planted_data(), {.features = true, .epochs = 2}).predict(pairs);
  const auto without = train(planted_data(), {.features = false, .epochs = 2}).predict(pairs);
  EXPECT_TRUE(all_finite(with));
  EXPECT_TRUE(all_finite(without));
  EXPECT_FALSE(same_bits(with, without));
}

TEST_P(FoldInContract, FoldInServesUsersHeldOutOfTraining) {
  constexpr std::int32_t held_out = 20;  // the first users
  Pairs train_pairs;
  Pairs known;
  for (std::size_t p = 0; p < planted().seen.users.size(); ++p) {
    Pairs& side = planted().seen.users[p] < held_out ? known : train_pairs;
    side.add(planted().seen.users[p], planted().seen.items[p], static_cast<double>(planted().seen.values[p]));
  }
  const Data data(Planted::users, Planted::items, train_pairs);
  const Data folded(Planted::users, Planted::items, known);
  const Trained trained = train(data);
  Pairs others;
  Pairs targets;
  for (std::size_t p = 0; p < planted().unseen.users.size(); ++p) {
    Pairs& side = planted().unseen.users[p] < held_out ? targets : others;
    side.add(planted().unseen.users[p], planted().unseen.items[p], static_cast<double>(planted().unseen.values[p]));
  }
  const auto before = trained.predict(others);
  trained.trainer().fold_in(folded.ratings.view());
  EXPECT_TRUE(same_bits(trained.predict(others), before)) << "users that were trained may not change";
  const auto predicted = trained.predict(targets);
  ASSERT_TRUE(all_finite(predicted));
  if (!has_biases_alone(method())) {
    EXPECT_GT(test::agreement(targets, predicted), 0.7);
  }
}

TEST_P(DeviceContract, ReachesTheCpusMetric) {
  const auto metric = [&](const DeviceInfo& on) {
    const auto predicted = train_on(on, planted_data()).predict(planted().unseen);
    return task() == Task::rating ? test::rmse(predicted, planted().unseen.values)
                                  : test::agreement(planted().unseen, predicted);
  };
  const double cpu = metric({"cpu", DeviceKind::cpu, "", "", ""});
  EXPECT_NEAR(metric(device()), cpu, method().info.parity.relative(task()) * cpu) << method().info.parity.reason;
}

TEST_P(FactorsContract, AnyNumberOfFactorsIsRightOrRefused) {
  Pairs pairs;
  for (std::int64_t n = 0; n < 40; ++n) pairs.add(n % 8, n / 8, static_cast<double>(n % 5 + 1));
  const Data data(9, 6, pairs);
  for (const double factors : {1, 2, 3, 31, 32, 33, 63, 64, 65, 127, 128, 129, 1023, 1024}) {
    const Trained trained = train(data, {.settings = {{"factors", factors}}, .epochs = 1});
    EXPECT_TRUE(all_finite(trained.predict(all_pairs(9, 6)))) << factors << " factors";
  }
  for (const double factors : {0.0, 1025.0, 1.5, -1.0}) {
    EXPECT_THROW(make_hyper(method(), task(), Settings{{"factors", factors}}), UsageError) << factors << " factors";
  }
}

TEST_P(MethodContract, EpochsCountRatingsAndHaveAnObjective) {
  const Trained trained = train(planted_data(), {.epochs = 2});
  for (const EpochResult& result : trained.results()) {
    EXPECT_TRUE(std::isfinite(result.objective));
    EXPECT_GE(result.updates, planted_data().ratings.entries());
  }
}

TEST(MethodList, NamesAreUniqueAndDescriptionsComplete) {
  std::set<std::string> names;
  for (const Method& method : methods()) {
    SCOPED_TRACE(method.name);
    EXPECT_TRUE(names.insert(method.name).second);
    EXPECT_NE(method.cpu, nullptr);
    EXPECT_FALSE(method.info.family.empty());
    EXPECT_FALSE(method.info.summary.empty());
    EXPECT_FALSE(method.info.parity.reason.empty());
    EXPECT_GE(method.info.parity.rating, 0.0);
    EXPECT_GE(method.info.parity.ranking, 0.0);
    EXPECT_TRUE(method.info.traits.rating || method.info.traits.ranking);
    EXPECT_EQ(find_spec(method, "epochs") == nullptr, method.info.traits.closed_form);
    if (!has_biases_alone(method)) {
      EXPECT_FALSE(method.info.source.empty());
    }
  }
}

/// A rule gives the spec's defaults on the usual data, and legal values on any.
void check_rule(const Method& method, const HyperSpec& spec) {
  EXPECT_FALSE(spec.rule.text.empty());
  for (const Task task : {Task::rating, Task::ranking}) {
    const Hyper others = make_hyper(method, task, {});
    EXPECT_EQ(default_value(spec, task, usual_shape, others),
              task == Task::rating ? spec.rating_default : spec.ranking_default);
    constexpr std::int64_t most = std::int64_t{1} << 31;
    for (const DataShape& shape : {DataShape{1, 1, 1}, DataShape{most, 1, most}, DataShape{1, most, most},
                                   DataShape{most, most, most * most / 2}, DataShape{0, 0, 0}}) {
      const double value = default_value(spec, task, shape, others);
      EXPECT_GE(value, spec.lowest) << shape.users << " x " << shape.items;
      EXPECT_LE(value, spec.highest) << shape.users << " x " << shape.items;
      EXPECT_TRUE(!spec.whole || value == std::floor(value)) << value;
    }
  }
}

TEST(MethodList, DefaultsLieInTheirRanges) {
  for (const Method& method : methods()) {
    std::set<std::string> names;
    for (const HyperSpec& spec : method.info.hyper) {
      SCOPED_TRACE(method.name + "." + spec.name);
      EXPECT_TRUE(names.insert(spec.name).second);
      EXPECT_FALSE(spec.meaning.empty());
      EXPECT_LE(spec.lowest, spec.highest);
      for (const double value : {spec.rating_default, spec.ranking_default}) {
        EXPECT_GE(value, spec.lowest);
        EXPECT_LE(value, spec.highest);
        if (spec.whole) {
          EXPECT_EQ(value, std::floor(value));
        }
      }
      if (spec.rule.value != nullptr) check_rule(method, spec);
      if (spec.choices.empty()) continue;
      EXPECT_TRUE(spec.whole);
      EXPECT_EQ(spec.lowest, 0);
      EXPECT_EQ(spec.highest, static_cast<double>(spec.choices.size()) - 1);
    }
  }
}

}  // namespace
}  // namespace embrace
