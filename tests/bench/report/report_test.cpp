// Reports from hand-made records: which runs are a row, and what a row and its notes say.
#include "bench/report/report.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "host/method.hpp"
#include "host/methods/registry.hpp"
#include "tests/bench/report/made_records.hpp"

namespace embrace {
namespace {

using test::record_of;
using test::row_of;
using test::scored;
using test::set_rmse;
using test::with_ids;

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

}  // namespace
}  // namespace embrace
