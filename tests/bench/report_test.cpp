// Reports from hand-made records: rows, intervals, standings, formats, hostile names.
#include "bench/report/report.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>

#include "host/error.hpp"
#include "host/files.hpp"
#include "host/method.hpp"
#include "host/methods/registry.hpp"
#include "host/metrics/estimate.hpp"
#include "host/random.hpp"

namespace embrace {
namespace {

namespace fs = std::filesystem;

/// A record of one run; the id follows from everything that a test varies.
Record record_of(const std::string& method, const std::string& information, int fold = 0, std::uint64_t seed = 1) {
  Record r;
  r.data = {"ml-100k", "d", 943, 1682, 100000, std::nullopt};
  r.split = {"kfold:5", fold, 7, "s" + std::to_string(fold), 80000, 20000};
  r.method = method;
  r.family = "factorization";
  r.information = information;
  r.task = Task::rating;
  r.seed = seed;
  r.hyper = {{"factors", 64.0}};
  r.device = {DeviceKind::cpu, "Some CPU", 2};
  r.cost = Record::Cost{0.1, 2, 0.1, {1, 1}, 2, 1000, 100};
  r.provenance = {{"version", "0.1.0"}, {"commit", "abc"}};
  return r;
}

/// Gives the record an accuracy: draws value + shared + own, where `shared` is the same for every record.
void set_rmse(Record& r, double value, double own_spread, const std::string& name = "rmse") {
  const Random random(5, Stream::sampling);
  std::uint32_t own = 0;
  for (const char c : r.method + r.information) own = own * 31 + static_cast<unsigned char>(c);
  Accuracy a{value, 0, 0, 20000, {}};
  for (std::uint64_t b = 0; b < 1000; ++b) {
    a.draws.push_back(value + 0.05 * random.normal(b) + own_spread * random.normal(b, own));
  }
  const Interval interval = percentile_interval(a.draws);
  a.low = interval.low;
  a.high = interval.high;
  r.accuracy[name] = a;
}

std::vector<Record> with_ids(std::vector<Record> records) {
  for (std::size_t i = 0; i < records.size(); ++i) {
    std::string digits = std::to_string(i + 1);
    records[i].id = std::string(16 - digits.size(), '0') + digits;
  }
  return records;
}

const Row& row_of(const Report& report, const std::string& method, const std::string& information = "ratings") {
  for (const Row& row : report.rows) {
    if (row.method == method && row.information == information) return row;
  }
  throw std::out_of_range(method + " " + information);
}

Record scored(const std::string& method, double value, double own_spread = 0.001, int fold = 0) {
  Record r = record_of(method, "ratings", fold);
  set_rmse(r, value, own_spread);
  return r;
}

TEST(Report, FoldsAndSeedsAreOneRowWithMeansAndPairedIntervals) {
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

TEST(Report, OneRunKeepsTheRecordsOwnIntervalInFull) {
  std::vector<Record> records = with_ids({scored("als", 0.9123456789012345)});
  records[0].accuracy["rmse"].low = 0.9012345678901234;
  const Report report = make_report(records);
  EXPECT_EQ(report.rows[0].accuracy.at("rmse").value, 0.9123456789012345);
  EXPECT_EQ(report.rows[0].accuracy.at("rmse").interval->low, 0.9012345678901234);
  EXPECT_FALSE(report.rows[0].train_seconds_spread);
}

TEST(Report, BestIsBoldOnlyWhenEveryPairedIntervalExcludesZero) {
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

TEST(Report, EqualRowsAreTied) {
  Record a = scored("a", 0.9), b = scored("b", 0.9);
  b.accuracy = a.accuracy;
  const Report report = make_report(with_ids({a, b}));
  EXPECT_EQ(row_of(report, "a").accuracy.at("rmse").standing, Standing::tied);
  EXPECT_EQ(row_of(report, "b").accuracy.at("rmse").standing, Standing::tied);
}

TEST(Report, TheSameWorkOnAnotherDeviceIsNoRival) {
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

TEST(Report, ARowWithFailedRunsTakesNoPart) {
  Record failed = scored("a", 0.5, 0.001, 1);
  failed.status = Status::failed;
  failed.reason = "x";
  const Report report = make_report(with_ids({scored("a", 0.5), failed, scored("b", 0.90), scored("b", 0.90, 0.001, 1),
                                              scored("c", 0.95), scored("c", 0.95, 0.001, 1)}));
  EXPECT_EQ(row_of(report, "a").accuracy.at("rmse").standing, Standing::none);
  EXPECT_EQ(row_of(report, "b").accuracy.at("rmse").standing, Standing::best);
}

TEST(Report, HigherIsBetterForRankings) {
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

TEST(Report, WithoutACommonFoldThereIsNoMarkAndANoteSaysWhy) {
  Record other = scored("b", 0.95, 0.001, 1);
  const Report report = make_report(with_ids({scored("a", 0.90), other}));
  for (const Row& row : report.rows) EXPECT_EQ(row.accuracy.at("rmse").standing, Standing::none);
  const std::string text = render(report, Format::terminal, false, 0);
  EXPECT_NE(text.find("No marks for rmse: there is no fold and seed that all rows have."), std::string::npos) << text;
  EXPECT_NE(text.find("ok 1 of 2"), std::string::npos) << text;
}

// An interrupted study: one fold of two. "b" would be best of the complete rows if "c" were forgotten.
TEST(Report, ARowWithFewerFoldsIsARivalWithoutAMark) {
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
TEST(Report, CompleteRowsAreComparedOverWhatAllRowsHave) {
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
TEST(Report, IntervalsDrawSeedsBesideUsers) {
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
TEST(Report, RowsThatDifferAsSeedsDoAreTied) {
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
TEST(Report, SeedsWithOtherFoldsAreNoRepetitions) {
  Record first = scored("a", 0.9), second = scored("a", 0.99, 0.001, 1), again = seeded("a", 0.9, 2, 0.001);
  const Report report = make_report(with_ids({first, second, again}));
  EXPECT_EQ(report.rows[0].repeats, 1);
}

// Draws of the split are repetitions, and the seeds within each are averaged.
TEST(Report, DrawsOfTheSplitComeBeforeSeeds) {
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

TEST(Report, ARowThatIsWorseThanABaselineSaysSo) {
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

TEST(Report, WhatTheInformationAddsIsToldAgainstControls) {
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

TEST(Report, RankingsOfColdItemsAmongAllAreExplainedNotShown) {
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

TEST(Report, SmallTestsSayThatTheyAreSmall) {
  Record r = scored("als", 0.9);
  r.accuracy["rmse"].users = 41.6;
  EXPECT_NE(render(make_report(with_ids({r})), Format::md, false, 0).find("Small test: it weighs as 42 users"),
            std::string::npos);
  r.accuracy["rmse"].users = 400;
  EXPECT_EQ(render(make_report(with_ids({r})), Format::md, false, 0).find("Small test"), std::string::npos);
}

TEST(Report, MoreSeedsOfOneRowDoNotHideTheMarksOfTheOthers) {
  Record again = scored("a", 0.91);
  again.seed = 2;
  const Report report = make_report(with_ids({scored("a", 0.91), again, scored("b", 0.95)}));
  EXPECT_EQ(row_of(report, "a").accuracy.at("rmse").standing, Standing::best);
  EXPECT_NE(render(report, Format::terminal, false, 0).find("ok 1 of 2"), std::string::npos);
}

TEST(Report, OtherSettingsAreRowsOfTheirOwnAndAreNamed) {
  std::vector<Record> records = {scored("als", 0.9), scored("als", 0.9), scored("als", 0.9), scored("sgd", 0.9)};
  records[1].hyper = {{"factors", 128.0}};
  records[2].device.threads = 4;
  const Report report = make_report(with_ids(records));
  ASSERT_EQ(report.rows.size(), 4U);
  std::vector<std::string> settings;
  for (const Row& row : report.rows) settings.push_back(row.method + ": " + row.settings);
  std::sort(settings.begin(), settings.end());
  EXPECT_EQ(settings, (std::vector<std::string>{"als: factors=128 threads=2", "als: factors=64 threads=2",
                                                "als: factors=64 threads=4", "sgd: "}));
  std::vector<Record> positives = {scored("als", 0.9), scored("als", 0.9)};
  positives[1].positive = 4;
  EXPECT_EQ(make_report(with_ids(positives)).rows.size(), 2U);
  positives[1].positive.reset();
  positives[1].provenance["commit"] = "def";
  const Report builds = make_report(with_ids(positives));
  EXPECT_EQ(builds.rows.size(), 2U);
  EXPECT_EQ(builds.rows[1].settings, "factors=64 build def");
}

// Rows that share a setting do not differ by it; a reader must see all the same that it is not the default.
TEST(Report, SettingsThatAreNotTheDefaultStandInTheRow) {
  const HyperSpec& epochs = *find_hyper(*find_method("sgd"), "epochs");
  Record usual = scored("sgd", 0.9);
  usual.hyper = {{"epochs", epochs.rating_default}};
  Record fewer = usual;
  fewer.hyper = {{"epochs", epochs.rating_default - 1}};
  EXPECT_EQ(make_report(with_ids({usual})).rows[0].settings, "");
  const Report report = make_report(with_ids({fewer}));
  EXPECT_EQ(report.rows[0].settings, "epochs=" + std::to_string(static_cast<int>(epochs.rating_default) - 1));
  EXPECT_NE(render(report, Format::md, false, 0).find("not the method's default"), std::string::npos);
  Record ranking = scored("hybrid", 0.9);
  ranking.hyper = {{"loss", "bpr"}};
  EXPECT_EQ(make_report(with_ids({ranking})).rows[0].settings, "loss=bpr");
  Record unknown = scored("of another build", 0.9);
  EXPECT_EQ(make_report(with_ids({unknown})).rows[0].settings, "factors=64") << "its default is not known here";
}

// A default that follows from the number of ratings is another one in each fold of unequal size: still one row.
TEST(Report, DefaultsThatFollowFromTheDataDoNotSetFoldsApart) {
  std::vector<Record> records = {scored("lightgcn", 0.9, 0.001, 0), scored("lightgcn", 0.92, 0.001, 1)};
  for (Record& r : records) r.task = Task::ranking;
  records[1].split.train = 64 * 2000;
  records[0].hyper = {{"batch", 1250.0}};
  records[1].hyper = {{"batch", 2000.0}};
  const Report folds = make_report(with_ids(records));
  ASSERT_EQ(folds.rows.size(), 1U);
  EXPECT_EQ(folds.rows[0].runs, 2);
  EXPECT_EQ(folds.rows[0].settings, "");
  records[1].hyper = {{"batch", 1250.0}};  // there it was set
  const Report set = make_report(with_ids(records));
  ASSERT_EQ(set.rows.size(), 2U);
  EXPECT_EQ(set.rows[0].settings + set.rows[1].settings, "batch=1250");
}

// Each fold has its own settings, chosen on a part of its own training ratings: still one row.
TEST(Report, FoldsTunedApartAreOneRowThatNamesTheFile) {
  std::vector<Record> records = {scored("als", 0.9, 0.001, 0), scored("als", 0.92, 0.001, 1),
                                 scored("als", 0.95, 0.001, 0)};
  records[0].hyper = {{"regularization", 0.3}};
  records[1].hyper = {{"regularization", 0.4}};
  for (std::size_t r = 0; r < 2; ++r) records[r].tuned = Record::Tuned{"settings.json", "ab12", "holdout:0.1", 30};
  const Report report = make_report(with_ids(records));
  ASSERT_EQ(report.rows.size(), 2U) << "and one of the defaults";
  const Row& row = report.rows[report.rows[0].settings.find("tuned") == std::string::npos ? 1 : 0];
  EXPECT_EQ(row.runs, 2);
  EXPECT_NEAR(row.accuracy.at("rmse").value, 0.91, 1e-9);
  EXPECT_EQ(row.settings, "tuned (settings.json, 30 trials)");
  records[1].tuned->sha256 = "cd34";
  EXPECT_EQ(make_report(with_ids(records)).rows.size(), 3U) << "of another file";
}

// Two folds of a later build beside five of an earlier one: the means differ, the code does not.
TEST(Report, BuildsAreComparedOverTheRunsThatBothHave) {
  std::vector<Record> records;
  for (int fold = 0; fold < 5; ++fold) {
    records.push_back(scored("als", 0.90 + 0.01 * fold, 0.001, fold));
    records.back().provenance = {{"version", "0.1.0"},
                                 {"commit", "0123456789ab"},
                                 {"compiler", "GNU 12.2.0"},
                                 {"flags", "-O3"},
                                 {"started", "2026-01-02"}};
    if (fold < 3) continue;
    records.push_back(records.back());
    records.back().provenance["commit"] = "fedcba987654";
    records.back().provenance["started"] = "2026-01-03";
  }
  records.back().accuracy["rmse"].value -= 0.004;
  for (double& draw : records.back().accuracy["rmse"].draws) draw -= 0.004;
  const Report report = make_report(with_ids(records));
  ASSERT_EQ(report.rows.size(), 2U);
  EXPECT_FALSE(report.rows[0].change);
  EXPECT_EQ(report.rows[0].settings, "factors=64 build 01234567");
  EXPECT_EQ(report.rows[1].settings, "factors=64 build fedcba98");
  const Change& change = *report.rows[1].change;
  EXPECT_EQ(change.metric, "rmse");
  EXPECT_EQ(change.runs, 2);
  EXPECT_NEAR(change.value, -0.002, 1e-12) << "not the difference of the means, which is 0.013";
  EXPECT_NEAR(change.interval->low, -0.002, 1e-9);
  const std::string text = render(report, Format::terminal, false, 0);
  EXPECT_NE(text.find("rmse -0.0020 +- 0.0000"), std::string::npos) << text;
  EXPECT_NE(text.find("ok 2 of 5"), std::string::npos) << text;

  records.back().provenance["commit"] = records[0].provenance["commit"];
  records.back().provenance["compiler"] = "Clang 16";
  records.erase(records.begin() + 4);  // the other run of the later build
  const Report compilers = make_report(with_ids(records));
  EXPECT_EQ(compilers.rows[0].settings, "factors=64 build 01234567, Clang 16");
  EXPECT_EQ(compilers.rows[1].settings, "factors=64 build 01234567, GNU 12.2.0");
}

TEST(Report, TimesOfABusyMachineAreMarked) {
  Record quiet = scored("als", 0.9), busy = scored("sgd", 0.9);
  quiet.provenance["load"] = "2.10";  // our own two threads
  busy.provenance["load"] = "20.13";
  const Report report = make_report(with_ids({quiet, busy}));
  EXPECT_FALSE(row_of(report, "als").busy_load);
  EXPECT_DOUBLE_EQ(*row_of(report, "sgd").busy_load, 20.13);
  const std::string text = render(report, Format::terminal, false, 0);
  EXPECT_NE(text.find("  2.00!"), std::string::npos) << text;
  EXPECT_NE(text.find("1.00 k!"), std::string::npos) << text;
  EXPECT_NE(text.find("!: the machine had other work (load up to 20.1"), std::string::npos) << text;
  EXPECT_EQ(std::count(text.begin(), text.end(), '!'), 3);
  EXPECT_EQ(nlohmann::json::parse(render(report, Format::json, false, 0))["rows"][1]["busy_load"], 20.13);
}

// The same name, other data: one set has the tags of another. Earlier records do not say so.
TEST(Report, HeadingsTellDataOfOneNameApart) {
  std::vector<Record> records = {scored("als", 0.9), scored("als", 0.8), scored("als", 0.7)};
  records[1].data.sha256 = "0123456789abcdef";
  records[2].data.sha256 = "fedcba9876543210";
  records[2].data.tags_from = "ml-10m";
  records[2].data.rejected = 3;
  const std::string text = render(make_report(with_ids(records)), Format::terminal, false, 0);
  EXPECT_NE(text.find("ml-100k, kfold:5, rating, data d\n"), std::string::npos) << text;
  EXPECT_NE(text.find("ml-100k, kfold:5, rating, data 01234567\n"), std::string::npos) << text;
  EXPECT_NE(text.find("ml-100k with tags of ml-10m, kfold:5, rating\n"), std::string::npos) << text;
  EXPECT_NE(text.find("Bad rows of the data left out: 3.\n"), std::string::npos) << text;
}

TEST(Report, RunsOfContestsAreNoRowsAlsoWhenThisBuildDoesNotKnowTheContest) {
  Record operation = scored("csr", 0.9);
  operation.contest = Record::Contest{"a contest of another build", ContestSide::ours};
  const Report report = make_report(with_ids({scored("als", 0.9), operation}));
  ASSERT_EQ(report.rows.size(), 1U);
  EXPECT_EQ(report.rows[0].method, "als");
}

TEST(Report, FailuresAreCountedAndExplained) {
  std::vector<Record> records;
  for (int fold = 0; fold < 5; ++fold) records.push_back(scored("sgd", 0.9, 0.001, fold));
  records[3].status = Status::diverged;
  records[3].reason = "loss is not finite in epoch 2";
  records[3].accuracy.clear();
  records[3].cost.reset();
  Record dead = record_of("deep", "+movie");
  dead.status = Status::out_of_memory;
  dead.reason = "needs 12 GB";
  dead.cost.reset();
  records.push_back(dead);
  const Report report = make_report(with_ids(records));
  EXPECT_EQ(row_of(report, "sgd").status, "diverged 1/5");
  EXPECT_EQ(row_of(report, "sgd").runs, 5);
  EXPECT_TRUE(row_of(report, "sgd").accuracy.count("rmse"));
  EXPECT_EQ(row_of(report, "deep", "+movie").status, "out-of-memory");
  EXPECT_FALSE(row_of(report, "deep", "+movie").train_seconds);
  for (const Format format : {Format::terminal, Format::md, Format::html, Format::latex, Format::csv, Format::json}) {
    const std::string text = render(report, format, false, 0);
    EXPECT_NE(text.find("loss is not finite in epoch 2"), std::string::npos);
    EXPECT_NE(text.find("needs 12 GB"), std::string::npos);
  }
}

TEST(Report, UnsupportedPairsAreCountedAndLeftOut) {
  std::vector<Record> records = {scored("als", 0.9)};
  for (int fold = 0; fold < 3; ++fold) {
    records.push_back(record_of("als", "+movie", fold));
    records.back().status = Status::unsupported;
    records.back().reason = "reads no features";
  }
  const Report report = make_report(with_ids(records));
  EXPECT_EQ(report.rows.size(), 1U);
  EXPECT_EQ(report.unsupported, 1) << "three folds of one pair";
  EXPECT_NE(render(report, Format::terminal, false, 0).find("1 pair of method and information"), std::string::npos);
  EXPECT_EQ(render(report, Format::csv, false, 0).find("reads no features"), std::string::npos);
}

TEST(Report, SpeedupIsForRealGpusOnlyAgainstTheFastestCpu) {
  std::vector<Record> records(4, scored("als", 0.9));
  records[0].cost->train_seconds = 8;
  records[1].device.threads = 16;
  records[1].cost->train_seconds = 3;
  records[2].device = {DeviceKind::gpu, "H100", 16};
  records[2].cost->train_seconds = 0.5;
  records[3].device = {DeviceKind::emulated, "CPU stand-in", 2};
  const Report report = make_report(with_ids(records));
  ASSERT_EQ(report.rows.size(), 4U);
  for (const Row& row : report.rows) {
    EXPECT_EQ(row.speedup_vs_cpu.has_value(), row.device == DeviceKind::gpu);
    EXPECT_EQ(row.train_seconds.has_value(), row.device != DeviceKind::emulated);
    EXPECT_EQ(row.updates_per_second.has_value(), row.device != DeviceKind::emulated);
    if (row.device == DeviceKind::gpu) {
      EXPECT_DOUBLE_EQ(*row.speedup_vs_cpu, 6);
    }
  }
}

TEST(Report, ARecordGivenTwiceCountsOnce) {
  std::vector<Record> records = with_ids({scored("als", 0.9)});
  records.push_back(records[0]);
  EXPECT_EQ(make_report(records).rows[0].runs, 1);
}

TEST(Report, RowsAreInAFixedOrderWhateverTheOrderOfRecords) {
  std::vector<Record> records;
  for (const char* method : {"zzz", "bias", "mean"}) {
    for (const char* information : {"shuffled:+movie", "all", "+user+movie", "+movie", "ratings"}) {
      records.push_back(record_of(method, information));
      set_rmse(records.back(), 0.9, 0.01);
    }
  }
  const std::vector<Record> forward = with_ids(records);
  const std::vector<Record> backward(forward.rbegin(), forward.rend());
  const std::string csv = render(make_report(forward), Format::csv, false, 0);
  EXPECT_EQ(csv, render(make_report(backward), Format::csv, false, 0));
  const Report report = make_report(forward);
  EXPECT_EQ(report.rows[0].method, "mean") << "the registry's order";
  EXPECT_EQ(report.rows[0].information, "ratings");
  EXPECT_EQ(report.rows[3].information, "all");
  EXPECT_EQ(report.rows[4].information, "shuffled:+movie");
  EXPECT_EQ(report.rows[14].method, "zzz");
}

TEST(ReportFormats, CsvAndJsonCarryTheFixedFieldsInFullPrecision) {
  const double value = 0.9123456789012345;
  Record gpu = scored("als", value);
  gpu.information = "+movie";
  const Report report = make_report(with_ids({scored("als", 0.95), gpu}));
  const std::string csv = render(report, Format::csv, false, 0);
  EXPECT_EQ(csv.rfind("data,split,method,information,task,device,runs,status,rmse,rmse_low,rmse_high,train_seconds,"
                      "train_seconds_spread,updates_per_second,speedup_vs_cpu,",
                      0),
            0U)
      << csv;
  EXPECT_NE(csv.find("ml-100k,kfold:5,als,+movie,rating,cpu,1,ok,0.9123456789012345,"), std::string::npos) << csv;
  const auto json = nlohmann::json::parse(render(report, Format::json, false, 0));
  EXPECT_EQ(json["schema"], "embrace.report/1");
  const auto& row = json["rows"][1];
  EXPECT_EQ(row["information"], "+movie");
  EXPECT_EQ(row["rmse"], value);
  EXPECT_TRUE(row.contains("rmse_low"));
  EXPECT_FALSE(row.contains("speedup_vs_cpu"));
  EXPECT_FALSE(row.contains("train_seconds_spread"));
  EXPECT_EQ(row["best"], "rmse");
}

TEST(ReportFormats, MetricsAreOrderedByKindAndCutOff) {
  Record r = record_of("ials", "ratings");
  for (const char* name : {"hr@10", "ndcg@100", "recall@20", "ndcg@20", "recall@10", "mae", "rmse", "hr@10:sampled"}) {
    set_rmse(r, 0.5, 0.01, name);
  }
  EXPECT_EQ(make_report(with_ids({r})).metric_names(),
            (std::vector<std::string>{"rmse", "mae", "recall@10", "recall@20", "ndcg@20", "ndcg@100", "hr@10",
                                      "hr@10:sampled"}));
}

TEST(ReportFormats, SyntheticDataShowWhatCanBeReached) {
  Record r = scored("als", 0.9);
  r.data.best_rmse = 0.8125;
  const Report report = make_report(with_ids({r}));
  EXPECT_NE(render(report, Format::terminal, false, 0).find("Best reachable RMSE on ml-100k: 0.8125"),
            std::string::npos);
}

TEST(ReportFormats, PeopleReadTheSameNumbersEverywhere) {
  const Report report = make_report(with_ids({scored("als", 0.90), scored("sgd", 0.95)}));
  const Interval interval = *report.rows[0].accuracy.at("rmse").interval;
  char spread[16];
  std::snprintf(spread, sizeof spread, "%.4f", (interval.high - interval.low) / 2);
  for (const Format format : {Format::terminal, Format::md, Format::html, Format::latex}) {
    const std::string text = render(report, format, false, 0);
    EXPECT_NE(text.find("0.9000"), std::string::npos);
    EXPECT_NE(text.find(spread), std::string::npos);
    EXPECT_NE(text.find("excludes zero"), std::string::npos) << "the legend";
  }
  EXPECT_NE(render(report, Format::md, false, 0).find("**0.9000 ± "), std::string::npos);
  EXPECT_NE(render(report, Format::latex, false, 0).find("\\textbf{0.9000} $\\pm$ "), std::string::npos);
  EXPECT_NE(render(report, Format::html, false, 0).find("class=\"number best\""), std::string::npos);
  EXPECT_NE(render(report, Format::terminal, true, 0).find("\033[1m0.9000"), std::string::npos);
  const std::string plain = render(report, Format::terminal, false, 0);
  EXPECT_NE(plain.find("*0.9000 +- "), std::string::npos);
  for (const char c : plain) ASSERT_TRUE(c == '\n' || (c >= 32 && c < 127)) << "no color means plain ASCII";
}

TEST(ReportFormats, TerminalColumnsLineUpAndNarrowOnesBreakIntoBlocks) {
  Record wide = scored("an-\xc3\xa9l\xc3\xa8ve", 0.9);
  wide.accuracy["mae"] = wide.accuracy["rmse"];
  const Report report = make_report(with_ids({wide, scored("b", 1.0)}));
  for (const int width : {0, 60}) {
    std::istringstream lines(render(report, Format::terminal, false, width));
    std::size_t rules = 0;
    for (std::string line; std::getline(lines, line);) {
      if (!line.starts_with("---")) continue;
      ++rules;
      EXPECT_TRUE(width == 0 || line.size() <= 60U) << line;
    }
    EXPECT_EQ(rules > 1, width > 0);
  }
}

TEST(ReportFormats, HostileNamesAreHarmlessEverywhere) {
  Record r = scored("=cmd|' /C calc'!A0", 0.9);
  r.data.name = "<script>alert(1)</script>";
  r.split.name = "a|b&c_d%e#f$g{h}i\\j~k^l";
  r.information = "+1+cmd()";
  r.status = Status::failed;
  r.reason = "esc \033[31m red, \"quoted\"\nnext \xe2\x80\xae turned \xff";
  const Report report = make_report(with_ids({r}));
  for (const Format format : {Format::terminal, Format::md, Format::csv, Format::html, Format::latex}) {
    const std::string text = render(report, format, false, 0);
    EXPECT_EQ(text.find('\033'), std::string::npos);
    EXPECT_EQ(text.find("\xe2\x80\xae"), std::string::npos);
    EXPECT_EQ(text.find('\xff'), std::string::npos);
  }
  const std::string html = render(report, Format::html, false, 0);
  EXPECT_EQ(html.find("<script"), std::string::npos);
  EXPECT_NE(html.find("&lt;script&gt;"), std::string::npos);
  EXPECT_EQ(html.find("http:"), std::string::npos);
  const std::string md = render(report, Format::md, false, 0);
  EXPECT_EQ(md.find("<script"), std::string::npos);
  EXPECT_NE(md.find("a\\|b&amp;c\\_d%e\\#f\\$g\\{h\\}i\\\\j\\~k^l"), std::string::npos) << md;
  const std::string latex = render(report, Format::latex, false, 0);
  EXPECT_NE(latex.find("b\\&c\\_d\\%e\\#f\\$g\\{h\\}i\\textbackslash{}j\\textasciitilde{}k\\textasciicircum{}l"),
            std::string::npos)
      << latex;
  const std::string csv = render(report, Format::csv, false, 0);
  EXPECT_NE(csv.find(",'=cmd|' /C calc'!A0,'+1+cmd(),"), std::string::npos) << csv;
  EXPECT_NE(csv.find("\"\"quoted\"\""), std::string::npos);
  const auto json = nlohmann::json::parse(render(report, Format::json, false, 0));
  EXPECT_EQ(json["rows"][0]["method"], "=cmd|' /C calc'!A0") << "JSON is for programs";
}

// A record may hold any finite number; what follows from it need not be one.
TEST(ReportFormats, NumbersBeyondAllBoundsAreNoNullAndNoRowOfDigits) {
  std::vector<Record> records = {scored("als", 0.9), scored("als", 0.9, 0.001, 1), scored("sgd", 0.9),
                                 scored("sgd", 0.9, 0.001, 1)};
  for (Record& r : records) {
    const double sign = r.split.fold == 0 ? 1 : r.method == "als" ? 1 : -1;
    r.cost->train_seconds = 1.5e308 / (1 + r.split.fold);
    r.cost->updates_per_second = 1.5e308;
    Accuracy& a = r.accuracy["rmse"];
    a.value = sign * 1.5e308;
    a.low = -1.7e308;
    a.high = 1.7e308;
    for (double& draw : a.draws) draw = sign * 1.5e308;
  }
  const Report report = make_report(with_ids(records));
  EXPECT_EQ(report.rows[0].updates_per_second, 1.5e308);
  for (const Format format : {Format::terminal, Format::md, Format::html, Format::latex, Format::csv, Format::json}) {
    const std::string text = render(report, format, false, 0);
    EXPECT_EQ(text.find("null"), std::string::npos);
    EXPECT_EQ(text.find("nan"), std::string::npos);
    EXPECT_EQ(text.find("inf,"), std::string::npos);
    EXPECT_EQ(text.find("00000000000"), std::string::npos) << text;
  }
}

TEST(ReportFormats, NamesAreKnownAndNearOnesSuggested) {
  EXPECT_EQ(parse_format("latex"), Format::latex);
  EXPECT_EQ(parse_format("md"), Format::md);
  EXPECT_THROW(parse_format("jsn"), UsageError);
}

class Files : public testing::Test {
 protected:
  Files() : folder_(fs::temp_directory_path() / ("embrace_report_" + std::to_string(getpid()))) {
    fs::create_directories(folder_);
  }
  ~Files() override { fs::remove_all(folder_); }
  void put(const std::string& name, const std::string& text) { std::ofstream(folder_ / name) << text; }
  fs::path folder_;
};

TEST_F(Files, RecordsAreFoundAndOthersIgnored) {
  const std::vector<Record> records = with_ids({scored("als", 0.9), scored("sgd", 0.9)});
  for (const Record& r : records) put(r.id + ".json", to_json(r));
  put("report.json", "{\"schema\": \"embrace.report/1\", \"rows\": []}");
  put("notes.json", "not json at all");
  put(".0000000000000003.json.Ab12", "{\"schema\": \"embrace.record/1\"");
  put("0000000000000001.answers.csv.gz", "x");
  fs::create_directories(folder_ / "inner.json");
  fs::create_directories(folder_ / ".hidden");
  put(".hidden/0000000000000003.json", "torn");
  fs::create_directory_symlink(folder_, folder_ / "inner.json" / "loop");
  EXPECT_EQ(read_records({folder_}).size(), 2U);
  put("inner.json/" + records[1].id + ".json", to_json(records[1]));
  fs::remove(folder_ / (records[1].id + ".json"));
  EXPECT_EQ(read_records({folder_}).size(), 2U) << "records of folders inside";
  EXPECT_EQ(read_records({folder_ / "0000000000000001.json"}).size(), 1U);
}

// A study has thousands: in one file a line each they take a third of the room, and are as good.
TEST_F(Files, PackedRecordsAreReadAsTheyWere) {
  const std::vector<Record> records = with_ids({scored("als", 0.9), scored("sgd", 0.8)});
  std::string lines;
  for (const Record& r : records) {
    std::string text = to_json(r);
    text.erase(std::remove(text.begin(), text.end(), '\n'), text.end());
    lines += text + "\n";
  }
  put("records.jsonl.gz", gzip(lines));
  const std::vector<Record> read = read_records({folder_});
  ASSERT_EQ(read.size(), 2U);
  for (std::size_t r = 0; r < 2; ++r) EXPECT_EQ(to_json(read[r]), to_json(records[r]));
  EXPECT_EQ(read_records({folder_ / "records.jsonl.gz"}).size(), 2U);
  put("records.jsonl.gz", gzip(lines + lines.substr(0, 100)));
  try {
    read_records({folder_});
    ADD_FAILURE() << "a torn line must not pass";
  } catch (const SchemaError& error) {
    EXPECT_NE(std::string(error.what()).find("records.jsonl.gz:3"), std::string::npos) << error.what();
  }
}

TEST_F(Files, TornAndForeignVersionsAreNamed) {
  const Record record = with_ids({scored("als", 0.9)})[0];
  const std::string good = to_json(record);
  for (const std::string& text : {good.substr(0, 500), std::string(), std::string("{}")}) {
    put(record.id + ".json", text);
    try {
      read_records({folder_});
      FAIL() << "a torn record passed";
    } catch (const SchemaError& error) {
      EXPECT_NE(std::string(error.what()).find(record.id), std::string::npos);
    }
  }
  fs::remove(folder_ / (record.id + ".json"));
  put("renamed.json", good.substr(0, 500));
  EXPECT_THROW(read_records({folder_}), SchemaError) << "it says that it is a record";
  put("renamed.json", "{\"schema\": \"embrace.record/2\"}");
  EXPECT_THROW(read_records({folder_}), SchemaError);
}

TEST_F(Files, NoRecordsIsAnErrorOfTheData) {
  EXPECT_THROW(read_records({folder_}), DataError);
  EXPECT_THROW(read_records({folder_ / "missing"}), DataError);
  EXPECT_THROW(read_records({}), DataError);
}

}  // namespace
}  // namespace embrace
