// Intervals, and what stands beside them: the best, ties, worse than a baseline, what information adds.
#include "bench/report/report.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "host/metrics/estimate.hpp"
#include "tests/bench/report/made_records.hpp"

namespace embrace {
namespace {

using test::record_of;
using test::row_of;
using test::scored;
using test::set_rmse;
using test::with_ids;

TEST(ReportMarks, FoldsAndSeedsAreOneRowWithMeansAndPairedIntervals) {
  std::vector<Record> records;
  std::vector<double> means(1000, 0.0);
  for (int fold = 0; fold < 5; ++fold) {
    Record r = scored("als", 0.9 + 0.01 * fold, 0.002, fold);
    r.cost->train_seconds = 1 + fold;
    r.cost->updates_per_second = 100 * (1 + fold);
    for (std::size_t b = 0; b < 1000; ++b) means[b] += r.accuracy["rmse"].draws[b] / 5;
    records.push_back(r);
  }
  const Report report = make_report(with_ids(records));
  ASSERT_EQ(report.rows.size(), 1U);
  const Row& row = report.rows[0];
  EXPECT_EQ(row.runs, 5);
  EXPECT_EQ(row.status, "ok");
  EXPECT_NEAR(row.accuracy.at("rmse").value, 0.92, 1e-12);
  const Replicate mean{0.92, means};
  const Interval expected = estimate({&mean, 1}, 0).interval();
  EXPECT_NEAR(row.accuracy.at("rmse").interval->low, expected.low, 1e-12);
  EXPECT_NEAR(row.accuracy.at("rmse").interval->high, expected.high, 1e-12);
  EXPECT_DOUBLE_EQ(*row.train_seconds, 3);
  EXPECT_NEAR(*row.train_seconds_spread, std::sqrt(2.5), 1e-12);
  EXPECT_DOUBLE_EQ(*row.updates_per_second, 300);
  EXPECT_FALSE(row.speedup_vs_cpu);
  EXPECT_EQ(row.accuracy.at("rmse").standing, Standing::none) << "a single row is better than nobody";
}

TEST(ReportMarks, OneRunKeepsTheRecordsOwnIntervalInFull) {
  std::vector<Record> records = with_ids({scored("als", 0.9123456789012345)});
  records[0].accuracy["rmse"].low = 0.9012345678901234;
  const Report report = make_report(records);
  EXPECT_EQ(report.rows[0].accuracy.at("rmse").value, 0.9123456789012345);
  EXPECT_EQ(report.rows[0].accuracy.at("rmse").interval->low, 0.9012345678901234);
  EXPECT_FALSE(report.rows[0].train_seconds_spread);
}

TEST(ReportMarks, BestIsBoldOnlyWhenEveryPairedIntervalExcludesZero) {
  // The rows' own intervals (0.05 wide sigma) overlap by far; only pairing can tell 0.90 from 0.91.
  const Report clear = make_report(with_ids({scored("a", 0.90), scored("b", 0.91), scored("c", 0.95)}));
  EXPECT_GT(row_of(clear, "a").accuracy.at("rmse").interval->high, row_of(clear, "c").accuracy.at("rmse").value);
  EXPECT_EQ(row_of(clear, "a").accuracy.at("rmse").standing, Standing::best);
  EXPECT_EQ(row_of(clear, "b").accuracy.at("rmse").standing, Standing::none);

  // The same values, but the rows now differ by chance of their own: sigma of the difference 0.014 > 0.01 / 1.96.
  const Report close = make_report(with_ids({scored("a", 0.90, 0.01), scored("b", 0.91, 0.01), scored("c", 0.99)}));
  EXPECT_EQ(row_of(close, "a").accuracy.at("rmse").standing, Standing::tied);
  EXPECT_EQ(row_of(close, "b").accuracy.at("rmse").standing, Standing::tied);
  EXPECT_EQ(row_of(close, "c").accuracy.at("rmse").standing, Standing::none);
}

TEST(ReportMarks, EqualRowsAreTied) {
  Record a = scored("a", 0.9), b = scored("b", 0.9);
  b.accuracy = a.accuracy;
  const Report report = make_report(with_ids({a, b}));
  EXPECT_EQ(row_of(report, "a").accuracy.at("rmse").standing, Standing::tied);
  EXPECT_EQ(row_of(report, "b").accuracy.at("rmse").standing, Standing::tied);
}

TEST(ReportMarks, TheSameWorkOnAnotherDeviceIsNoRival) {
  std::vector<Record> records = {scored("a", 0.90), scored("b", 0.95), scored("a", 0.90)};
  records[2].device = {DeviceKind::gpu, "H100", 16};
  const Report report = make_report(with_ids(records));
  ASSERT_EQ(report.rows.size(), 3U);
  for (const Row& row : report.rows) {
    EXPECT_EQ(row.accuracy.at("rmse").standing, row.method == "a" ? Standing::best : Standing::none);
  }
  const Report alone = make_report(with_ids({records[0], records[2]}));
  for (const Row& row : alone.rows) EXPECT_EQ(row.accuracy.at("rmse").standing, Standing::none);
}

TEST(ReportMarks, ARowWithFailedRunsTakesNoPart) {
  Record failed = scored("a", 0.5, 0.001, 1);
  failed.status = Status::failed;
  failed.reason = "x";
  const Report report = make_report(with_ids({scored("a", 0.5), failed, scored("b", 0.90), scored("b", 0.90, 0.001, 1),
                                              scored("c", 0.95), scored("c", 0.95, 0.001, 1)}));
  EXPECT_EQ(row_of(report, "a").accuracy.at("rmse").standing, Standing::none);
  EXPECT_EQ(row_of(report, "b").accuracy.at("rmse").standing, Standing::best);
}

TEST(ReportMarks, HigherIsBetterForRankings) {
  std::vector<Record> records;
  for (const auto& [method, value] : {std::pair("a", 0.30), std::pair("b", 0.32)}) {
    Record r = record_of(method, "ratings");
    r.task = Task::ranking;
    r.at = {10};
    set_rmse(r, value, 0.001, "ndcg@10");
    records.push_back(r);
  }
  const Report report = make_report(with_ids(records));
  EXPECT_EQ(row_of(report, "b").accuracy.at("ndcg@10").standing, Standing::best);
}

TEST(ReportMarks, WithoutACommonFoldThereIsNoMarkAndANoteSaysWhy) {
  Record other = scored("b", 0.95, 0.001, 1);
  const Report report = make_report(with_ids({scored("a", 0.90), other}));
  for (const Row& row : report.rows) EXPECT_EQ(row.accuracy.at("rmse").standing, Standing::none);
  const std::string text = render(report, Format::terminal, false, 0);
  EXPECT_NE(text.find("No marks for rmse: there is no fold and seed that all rows have."), std::string::npos) << text;
  EXPECT_NE(text.find("ok 1 of 2"), std::string::npos) << text;
}

// An interrupted study: one fold of two. "b" would be best of the complete rows if "c" were forgotten.
TEST(ReportMarks, ARowWithFewerFoldsIsARivalWithoutAMark) {
  const std::vector<Record> records = {scored("a", 0.95), scored("a", 0.95, 0.001, 1), scored("b", 0.93),
                                       scored("b", 0.93, 0.001, 1), scored("c", 0.90)};
  const Report report = make_report(with_ids(records));
  for (const char* method : {"a", "b", "c"}) {
    EXPECT_EQ(row_of(report, method).accuracy.at("rmse").standing, Standing::none) << method;
    EXPECT_EQ(row_of(report, method).accuracy.at("rmse").compared, 1) << method;
    EXPECT_EQ(row_of(report, method).runs_of_table, 2) << method;
  }
  const std::string text = render(report, Format::md, false, 0);
  EXPECT_NE(text.find("| ok 1 of 2 |"), std::string::npos) << text;
  EXPECT_NE(text.find("| ok 2 |"), std::string::npos) << text;
  EXPECT_NE(text.find("Marks compare the 1 of 2 folds and seeds that all rows have"), std::string::npos) << text;
  EXPECT_EQ(nlohmann::json::parse(render(report, Format::json, false, 0))["rows"][2]["runs_of_table"], 2);
}

// On fold 0, the common one, "a" is better; over both folds "b" would be.
TEST(ReportMarks, CompleteRowsAreComparedOverWhatAllRowsHave) {
  const std::vector<Record> records = {scored("a", 0.90), scored("a", 0.99, 0.001, 1), scored("b", 0.93),
                                       scored("b", 0.93, 0.001, 1), scored("c", 0.98)};
  const Report report = make_report(with_ids(records));
  EXPECT_EQ(row_of(report, "a").accuracy.at("rmse").standing, Standing::best);
  EXPECT_EQ(row_of(report, "b").accuracy.at("rmse").standing, Standing::none);
}

/// The same draws, moved by what the seed does to all users alike.
Record seeded(const std::string& method, double value, std::uint64_t seed, double shift) {
  Record r = scored(method, value);
  r.seed = seed;
  r.accuracy["rmse"].value += shift;
  for (double& draw : r.accuracy["rmse"].draws) draw += shift;
  return r;
}

// Three seeds that differ by .02: the error of their mean is the deviation .02 / sqrt 3 beside that of the users.
TEST(ReportMarks, IntervalsDrawSeedsBesideUsers) {
  const std::vector<Record> records = {seeded("a", 0.9, 1, -0.02), seeded("a", 0.9, 2, 0), seeded("a", 0.9, 3, 0.02)};
  const Row several = make_report(with_ids(records)).rows[0];
  const Row alike =
      make_report(with_ids({seeded("a", 0.9, 1, 0), seeded("a", 0.9, 2, 0), seeded("a", 0.9, 3, 0)})).rows[0];
  EXPECT_EQ(several.repeats, 3);
  const auto half = [](const Row& row) {
    const Interval interval = *row.accuracy.at("rmse").interval;
    return (interval.high - interval.low) / 2;
  };
  const double users = half(alike) / 1.96, seeds = 0.02 / std::sqrt(3.0);
  EXPECT_NEAR(half(several), 1.96 * std::hypot(users, seeds), 0.005 * half(alike)) << "2.6 % more than users alone";
  const std::string text = render(make_report(with_ids(records)), Format::md, false, 0);
  EXPECT_NE(text.find("draw users and repetitions: 3 seeds"), std::string::npos) << text;
  EXPECT_NE(render(make_report(with_ids({records[0]})), Format::md, false, 0).find("One seed: intervals and marks"),
            std::string::npos);
}

// With one seed the rows would be told apart; their seeds differ by as much as the rows do.
TEST(ReportMarks, RowsThatDifferAsSeedsDoAreTied) {
  std::vector<Record> records;
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    const double shift = 0.01 * (static_cast<double>(seed) - 3);
    records.push_back(seeded("a", 0.900, seed, shift));
    records.push_back(seeded("b", 0.905, seed, -shift));
  }
  const Report report = make_report(with_ids(records));
  EXPECT_EQ(row_of(report, "a").accuracy.at("rmse").standing, Standing::tied);
  EXPECT_EQ(row_of(report, "b").accuracy.at("rmse").standing, Standing::tied);
  const Report one = make_report(with_ids({records[4], records[5]}));
  EXPECT_EQ(row_of(one, "a").accuracy.at("rmse").standing, Standing::best) << "seed 3 alone";
}

// An interrupted study: seed 2 lacks a fold, which is not to pass for what seeds differ by.
TEST(ReportMarks, SeedsWithOtherFoldsAreNoRepetitions) {
  Record first = scored("a", 0.9), second = scored("a", 0.99, 0.001, 1), again = seeded("a", 0.9, 2, 0.001);
  const Report report = make_report(with_ids({first, second, again}));
  EXPECT_EQ(report.rows[0].repeats, 1);
}

// Draws of the split are repetitions, and the seeds within each are averaged.
TEST(ReportMarks, DrawsOfTheSplitComeBeforeSeeds) {
  std::vector<Record> records;
  for (std::uint64_t split = 1; split <= 3; ++split) {
    for (std::uint64_t seed = 1; seed <= 2; ++seed) {
      records.push_back(seeded("a", 0.9, seed, 0.01 * static_cast<double>(split)));
      records.back().split.seed = split;
      records.back().split.sha256 = std::to_string(split);
    }
  }
  EXPECT_EQ(make_report(with_ids(records)).rows[0].repeats, 3);
}

TEST(ReportMarks, ARowThatIsWorseThanABaselineSaysSo) {
  Record bias = scored("bias", 0.94), mean = scored("item-mean", 1.02);
  bias.family = mean.family = "baseline";
  const Report report = make_report(with_ids({bias, mean, scored("als", 0.90), scored("deep", 0.95)}));
  EXPECT_EQ(row_of(report, "deep").accuracy.at("rmse").worse_than, "bias");
  EXPECT_EQ(row_of(report, "als").accuracy.at("rmse").worse_than, "");
  EXPECT_EQ(row_of(report, "item-mean").accuracy.at("rmse").worse_than, "") << "baselines are not judged by each other";
  const std::string text = render(report, Format::terminal, false, 0);
  EXPECT_NE(text.find("0.9500 (b)"), std::string::npos) << text;
  EXPECT_NE(text.find("(b): worse than a baseline of this table, by value: deep ratings"), std::string::npos) << text;
  const auto json = nlohmann::json::parse(render(report, Format::json, false, 0));
  EXPECT_EQ(json["rows"][3]["worse_than_baseline"], "rmse:bias");
}

TEST(ReportMarks, WhatTheInformationAddsIsToldAgainstControls) {
  std::vector<Record> records;
  for (const auto& [information, value] : {std::pair("ratings", 0.95), std::pair("+movie", 0.93),
                                           std::pair("shuffled:+movie", 0.96), std::pair("all", 0.949)}) {
    records.push_back(record_of("hybrid", information));
    set_rmse(records.back(), value, 0.001);
  }
  const Report report = make_report(with_ids(records));
  ASSERT_EQ(report.gains.size(), 2U);
  const Gain& movie = report.gains[0];
  EXPECT_EQ(report.rows[movie.row].information, "+movie");
  EXPECT_NEAR(movie.over_ratings->value, 0.02, 1e-12);
  EXPECT_NEAR(movie.over_shuffled->value, 0.03, 1e-12);
  EXPECT_GT(movie.over_shuffled->interval->low, 0.025) << "paired: the shared part of the draws cancels";
  EXPECT_FALSE(movie.over_random);
  const std::string text = render(report, Format::md, false, 0);
  EXPECT_NE(text.find("### What the information adds: ml-100k, kfold:5, rating"), std::string::npos) << text;
  EXPECT_NE(text.find("| hybrid | +movie | cpu | factors=64 | rmse | +0.0200 ± "), std::string::npos) << text;
  EXPECT_NE(text.find("-i random,random:+movie,shuffled\n"), std::string::npos) << text;
  EXPECT_NE(text.find("| \\~+0.0010 ± "), std::string::npos) << text;
  const auto json = nlohmann::json::parse(render(report, Format::json, false, 0));
  EXPECT_EQ(json["gains"][0]["over_shuffled"], movie.over_shuffled->value);
}

TEST(ReportMarks, RankingsOfColdItemsAmongAllAreExplainedNotShown) {
  Record all = record_of("ials", "ratings");
  all.task = Task::ranking;
  all.at = {10};
  all.split.name = "cold-items:5";
  set_rmse(all, 0, 0, "ndcg@10");
  Record cold = all;
  cold.cold_candidates = true;
  set_rmse(cold, 0.21, 0.01, "ndcg@10");
  const std::string text = render(make_report(with_ids({all, cold})), Format::md, false, 0);
  EXPECT_NE(text.find("### ml-100k, cold-items:5, ranking, cold candidates"), std::string::npos) << text;
  EXPECT_NE(text.find("0.2100"), std::string::npos);
  EXPECT_EQ(text.find("0.0000"), std::string::npos) << text;
  EXPECT_NE(text.find("Not shown: ml-100k, cold-items:5, ranking. Items without"), std::string::npos) << text;
}

TEST(ReportMarks, SmallTestsSayThatTheyAreSmall) {
  Record r = scored("als", 0.9);
  r.accuracy["rmse"].users = 41.6;
  EXPECT_NE(render(make_report(with_ids({r})), Format::md, false, 0).find("Small test: it weighs as 42 users"),
            std::string::npos);
  r.accuracy["rmse"].users = 400;
  EXPECT_EQ(render(make_report(with_ids({r})), Format::md, false, 0).find("Small test"), std::string::npos);
}

TEST(ReportMarks, MoreSeedsOfOneRowDoNotHideTheMarksOfTheOthers) {
  Record again = scored("a", 0.91);
  again.seed = 2;
  const Report report = make_report(with_ids({scored("a", 0.91), again, scored("b", 0.95)}));
  EXPECT_EQ(row_of(report, "a").accuracy.at("rmse").standing, Standing::best);
  EXPECT_NE(render(report, Format::terminal, false, 0).find("ok 1 of 2"), std::string::npos);
}

}  // namespace
}  // namespace embrace
