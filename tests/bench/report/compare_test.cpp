// embrace compare: pairs of hand-made records, verdicts, Holm, and the program's exit codes.
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>

#include "bench/report/pairs.hpp"
#include "host/random.hpp"
#include "tests/program.hpp"
#include "tests/temporary_folder.hpp"

namespace embrace {
namespace {

constexpr int folds = 5;

/// Five folds of one row: draws are paired by what all records share, and differ by `own`.
std::vector<Record> row(const std::string& method, double value, double own, double seconds = 1) {
  const Random random(5, Stream::sampling);
  std::vector<Record> records;
  for (int fold = 0; fold < folds; ++fold) {
    Record r;
    r.id = "00000000000" + std::to_string(10000 + fold * 1000 + static_cast<int>(method.size()));
    r.data = {"ml-100k", "d", 943, 1682, 100000, std::nullopt};
    r.split = {"kfold:5", fold, 7, "s" + std::to_string(fold), 80000, 20000};
    r.method = method;
    r.family = "factorization";
    r.information = "ratings";
    r.task = Task::rating;
    r.seed = 1;
    r.device = {DeviceKind::cpu, "Some CPU", 2};
    r.cost = Record::Cost{0.1, seconds * (1 + 0.01 * fold), 0.1, {1, 1}, 2, 1000, 100};
    Accuracy a{value, value - 1, value + 1, 20000, {}};
    for (std::uint32_t b = 0; b < 1000; ++b) {
      a.draws.push_back(value + 0.05 * random.normal(b) +
                        own * random.normal(b, 1 + static_cast<std::uint32_t>(value * 1e4)));
    }
    r.accuracy["rmse"] = a;
    records.push_back(r);
  }
  return records;
}

std::vector<Record> operator+(std::vector<Record> a, const std::vector<Record>& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

const RowPair& pair_of(const FolderComparison& comparison, const std::string& method, const std::string& metric) {
  for (const RowPair& pair : comparison.pairs) {
    if (pair.method == method && pair.metric == metric) return pair;
  }
  throw std::out_of_range(method + " " + metric);
}

TEST(Compare, VerdictsAreOfTheSecondFolder) {
  const auto before =
      row("a", 0.90, 0.001) + row("bb", 0.90, 0.001) + row("ccc", 0.90, 0.001) + row("dddd", 0.90, 0.01);
  const auto after =
      row("a", 0.92, 0.001) + row("bb", 0.89, 0.001) + row("ccc", 0.90, 0.001) + row("dddd", 0.905, 0.01);
  const FolderComparison comparison = compare_folders(before, after, "rmse");
  ASSERT_EQ(comparison.pairs.size(), 4U);
  const RowPair& worse = pair_of(comparison, "a", "rmse");
  EXPECT_EQ(worse.verdict, Verdict::worse);
  EXPECT_EQ(worse.runs, folds);
  EXPECT_NEAR(worse.difference, 0.02, 1e-12);
  EXPECT_GT(worse.interval->low, 0);
  EXPECT_EQ(pair_of(comparison, "bb", "rmse").verdict, Verdict::better);
  EXPECT_EQ(pair_of(comparison, "ccc", "rmse").verdict, Verdict::same);
  EXPECT_EQ(pair_of(comparison, "ccc", "rmse").difference, 0);
  EXPECT_EQ(pair_of(comparison, "dddd", "rmse").verdict, Verdict::unclear);
}

// A difference of 2.2 standard errors: p = .028 alone, .028 * 4 among four that are not sure.
TEST(Compare, HolmCountsAllPairs) {
  const double own = 0.005 * std::sqrt(2.0) / std::sqrt(2.0);
  const auto alone = compare_folders(row("a", 0.90, own), row("a", 0.9163, own), "rmse");
  EXPECT_EQ(alone.pairs[0].verdict, Verdict::worse) << *alone.pairs[0].p;
  std::vector<Record> before = row("a", 0.90, own), after = row("a", 0.9163, own);
  for (const char* name : {"bb", "ccc", "dddd", "eeeee", "ffffff"}) {
    before = before + row(name, 0.90, 0.02);
    after = after + row(name, 0.9001, 0.02);
  }
  const FolderComparison many = compare_folders(before, after, "rmse");
  EXPECT_NEAR(*pair_of(many, "a", "rmse").p, std::min(1.0, 6 * *alone.pairs[0].p), 1e-9);
}

TEST(Compare, TimesAreComparedOnOneMachineAndByMoreThanATenth) {
  const auto slower = compare_folders(row("a", 0.9, 0.001, 1), row("a", 0.9, 0.001, 1.5), "");
  EXPECT_EQ(pair_of(slower, "a", time_metric).verdict, Verdict::worse);
  EXPECT_EQ(pair_of(compare_folders(row("a", 0.9, 0.001, 1), row("a", 0.9, 0.001, 1.05), ""), "a", time_metric).verdict,
            Verdict::unclear);
  auto elsewhere = row("a", 0.9, 0.001, 1.5);
  for (Record& r : elsewhere) r.device.threads = 4;
  EXPECT_EQ(compare_folders(row("a", 0.9, 0.001), elsewhere, "").pairs.size(), 1U);
  auto busy = row("a", 0.9, 0.001, 1.5);
  for (Record& r : busy) r.provenance["load"] = "20";
  EXPECT_EQ(compare_folders(row("a", 0.9, 0.001), busy, "").pairs.size(), 1U);
}

TEST(Compare, RowsArePairedByTheirSettingsWhereThereAreSeveral) {
  auto small = row("a", 0.90, 0.001), large = row("a", 0.85, 0.001), other = row("a", 0.91, 0.001);
  for (Record& r : small) r.hyper = {{"factors", 16.0}};
  for (Record& r : large) r.hyper = {{"factors", 64.0}};
  for (Record& r : other) r.hyper = {{"factors", 32.0}};
  const FolderComparison sweep = compare_folders(small + large, large + small, "rmse");
  ASSERT_EQ(sweep.pairs.size(), 2U);
  EXPECT_EQ(sweep.pairs[0].settings, "factors=16");
  EXPECT_EQ(sweep.pairs[0].verdict, Verdict::same);
  EXPECT_EQ(compare_folders(small, other, "rmse").pairs.size(), 1U) << "a default that has changed is one row";
  EXPECT_EQ(compare_folders(small + large, other, "rmse").unpaired.size(), 3U);
}

class CompareProgram : public testing::Test {
 protected:
  void put(const std::string& folder, const std::vector<Record>& records) {
    std::filesystem::create_directories(folder_ / folder);
    for (const Record& r : records) std::ofstream(folder_ / folder / (r.id + ".json")) << to_json(r);
  }
  test::Ended compare(std::vector<std::string> more) {
    std::vector<std::string> arguments = {"compare", folder_ / "a", folder_ / "b"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return test::embrace_run(arguments);
  }
  test::TemporaryFolder folder_;
};

TEST_F(CompareProgram, ExitCodesFollowFailOn) {
  put("a", row("als", 0.90, 0.001, 1));
  put("b", row("als", 0.92, 0.001, 1));
  EXPECT_EQ(compare({}).code, 0);
  EXPECT_EQ(compare({"--fail-on", "worse"}).code, 1);
  EXPECT_EQ(compare({"--fail-on", "any"}).code, 1);
  EXPECT_EQ(compare({"--fail-on", "slower"}).code, 0);
  EXPECT_EQ(compare({"--fail-on", "wors"}).code, 2);
  EXPECT_EQ(compare({"--metric", "rmsee"}).code, 2);
  EXPECT_EQ(compare({"--metric", "train_seconds", "--fail-on", "worse"}).code, 2);
  EXPECT_EQ(compare({"--metric", "mae"}).code, 3);
  const auto json = nlohmann::json::parse(compare({"--json"}).out);
  EXPECT_EQ(json["schema"], "embrace.compare/1");
  ASSERT_EQ(json["pairs"].size(), 2U);
  const auto& pair = json["pairs"][0];
  for (const char* field : {"data", "split", "task", "method", "information", "device", "metric", "a", "b",
                            "difference", "low", "high", "p", "verdict"}) {
    EXPECT_TRUE(pair.contains(field)) << field;
  }
  EXPECT_EQ(pair["verdict"], "worse");
}

}  // namespace
}  // namespace embrace
