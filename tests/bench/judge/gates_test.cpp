// Every gate holds on figures as they should be, and fails on a planted fault.
#include "bench/judge/gates.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "bench/report/report.hpp"

namespace embrace::judge {
namespace {

/// Three draws of a source whose value is `value`, with draws of the bootstrap so close that any difference is clear.
std::vector<Record> runs_of(const std::string& source, double value, const std::string& mode = "items") {
  std::vector<Record> records;
  for (int draw = 1; draw <= 3; ++draw) {
    Record record;
    record.id = std::string(15, 'a') + std::to_string(draw) +
                std::to_string(std::hash<std::string>{}(source + mode) % 100000000);
    record.data.name = "some";
    record.split.name = "kfold:5";
    record.method = mode == "own" ? source : "judge-ridge";
    record.family = "judge";
    record.information = mode == "own" ? "ratings" : "embedding:" + source;
    record.seed = 1;
    record.device = {DeviceKind::cpu, "processor", 1};
    record.judge = Record::Judge{.source = source, .mode = mode, .width = 32, .draw = draw};
    record.judge->gates["frozen"] = true;
    const double own = value + 0.01 * draw;  // what draws have in common is taken out
    record.accuracy["rmse"] = {own, own - 0.0001, own + 0.0001, 100, {own - 0.0001, own, own + 0.0001}};
    record.cost = Record::Cost{};
    records.push_back(record);
  }
  return records;
}

std::vector<Record> joined(const std::vector<std::vector<Record>>& lists) {
  std::vector<Record> all;
  for (const auto& list : lists) all.insert(all.end(), list.begin(), list.end());
  return all;
}

/// The gate of this name in the only table; an error when it was not checked.
bool holds(const std::vector<Record>& records, const std::string& name) {
  const auto tables = check_gates(records);
  EXPECT_EQ(tables.size(), 1U);
  const std::vector<Gate>& gates = tables.begin()->second;
  EXPECT_TRUE(std::any_of(gates.begin(), gates.end(), [&](const Gate& g) { return g.name == name; })) << name;
  return std::all_of(gates.begin(), gates.end(), [&](const Gate& g) { return g.name != name || g.holds; });
}

TEST(Gates, RandomRowsAreAsGoodAsNone) {
  EXPECT_TRUE(holds(joined({runs_of("random", 0.95), runs_of("zero", 0.95)}), "random-zero"));
  EXPECT_TRUE(holds(joined({runs_of("random", 0.9505), runs_of("zero", 0.95)}), "random-zero")) << "within the margin";
  EXPECT_FALSE(holds(joined({runs_of("random", 0.94), runs_of("zero", 0.95)}), "random-zero"));
}

TEST(Gates, WhatRandomRowsAreWorthIsATenthOfTheBestSourcesGainAtMost) {
  const auto with_best = [](double best) {
    return holds(joined({runs_of("random", 0.945), runs_of("zero", 0.95), runs_of("als", best)}), "random-zero");
  };
  EXPECT_TRUE(with_best(0.89));
  EXPECT_FALSE(with_best(0.9));
  EXPECT_FALSE(
      holds(joined({runs_of("random", 0.945), runs_of("zero", 0.95), runs_of("oracle:als", 0.7)}), "random-zero"))
      << "a control is no source";
}

TEST(Gates, OfRankingsRandomRowsAreNotNone) {
  std::vector<Record> records = joined({runs_of("random", 0.2), runs_of("zero", 0.15), runs_of("oracle:ials", 0.3)});
  for (Record& record : records) {
    record.task = Task::ranking;
    record.accuracy["ndcg@10"] = record.accuracy["rmse"];
  }
  const auto tables = check_gates(records);
  ASSERT_EQ(tables.size(), 1U);
  ASSERT_EQ(tables.begin()->second.size(), 1U);
  EXPECT_EQ(tables.begin()->second[0].name, "oracle-best");
  EXPECT_TRUE(tables.begin()->second[0].holds);
}

TEST(Gates, ToAJudgeThatTrainsVectorsRandomRowsAreNotNone) {
  for (const char* judge : {"judge-mlp:fine-tuned", "judge-cross:frozen+id"}) {
    std::vector<Record> records = joined({runs_of("random", 0.94), runs_of("zero", 0.95), runs_of("oracle:als", 0.7)});
    for (Record& record : records) record.method = judge;
    const auto tables = check_gates(records);
    ASSERT_EQ(tables.size(), 1U);
    for (const Gate& gate : tables.begin()->second) EXPECT_EQ(gate.name, "oracle-best");
  }
}

TEST(Gates, ShuffledRowsAreAsGoodAsRandomOnes) {
  EXPECT_TRUE(holds(joined({runs_of("random", 0.95), runs_of("shuffled:als", 0.9506)}), "shuffled-random"));
  EXPECT_FALSE(holds(joined({runs_of("random", 0.95), runs_of("shuffled:als", 0.93)}), "shuffled-random"));
}

TEST(Gates, ShuffledRowsAreComparedWithRandomOnesOfTheirShape) {
  const std::vector<Record> runs =
      joined({runs_of("random", 0.95), runs_of("random:als", 0.94), runs_of("shuffled:als", 0.94)});
  EXPECT_TRUE(holds(runs, "shuffled-random"));
}

TEST(Gates, NothingHonestIsBetterThanTheOracle) {
  EXPECT_TRUE(holds(joined({runs_of("oracle:als", 0.7), runs_of("als", 0.9), runs_of("zero", 0.95)}), "oracle-best"));
  EXPECT_FALSE(holds(joined({runs_of("oracle:als", 0.92), runs_of("als", 0.9)}), "oracle-best"));
}

TEST(Gates, AJudgeOfNativeUsersIsNotBehindTheSource) {
  EXPECT_TRUE(holds(joined({runs_of("als", 0.9015, "native"), runs_of("als", 0.9, "own")}), "adequacy"));
  EXPECT_FALSE(holds(joined({runs_of("als", 0.903, "native"), runs_of("als", 0.9, "own")}), "adequacy"));
}

TEST(Gates, VectorsThatAJudgeLearnsByItselfAreBetterThanRandomOnes) {
  const auto with = [](double end_to_end, const std::string& split) {
    std::vector<Record> own = runs_of("zero", end_to_end);
    std::vector<Record> all = runs_of("random", 0.95);
    for (Record& record : own) record.method += ":end-to-end";
    all.insert(all.end(), own.begin(), own.end());
    for (Record& record : all) record.split.name = split;
    std::vector<Gate> found;
    for (const auto& [table, gates] : check_gates(all)) {
      for (const Gate& gate : gates) {
        if (gate.name == "end-to-end") found.push_back(gate);
      }
    }
    return found;
  };
  ASSERT_EQ(with(0.93, "kfold:5").size(), 1U);
  EXPECT_TRUE(with(0.93, "kfold:5")[0].holds);
  EXPECT_FALSE(with(0.96, "kfold:5")[0].holds);
  EXPECT_TRUE(with(0.96, "cold-items:5").empty()) << "nothing trains them there";
}

TEST(Gates, ARunThatFoundItsVectorsChangedFailsItsTable) {
  std::vector<Record> records = runs_of("als", 0.9);
  for (const char* gate : {"frozen", "rotation"}) {
    records[1].judge->gates[gate] = false;
    EXPECT_FALSE(holds(records, gate));
  }
}

TEST(Gates, ATableThatFailsOneHasNoNumbers) {
  const std::vector<Record> good = joined({runs_of("random", 0.95), runs_of("zero", 0.95)});
  const std::vector<Record> bad = joined({runs_of("random", 0.94), runs_of("zero", 0.95)});
  for (const Format format : {Format::terminal, Format::md, Format::html, Format::latex}) {
    EXPECT_EQ(render(make_report(good), format, false, 0).find("INCORRECT"), std::string::npos);
    const std::string text = render(make_report(bad), format, false, 0);
    EXPECT_NE(text.find("INCORRECT"), std::string::npos);
    EXPECT_NE(text.find("random-zero"), std::string::npos);
    EXPECT_EQ(text.find("0.9600"), std::string::npos) << text;  // the mean over the draws of `random`
    EXPECT_EQ(text.find("0.9700"), std::string::npos) << text;
  }
  for (const Format format : {Format::json, Format::csv}) {
    const std::string text = render(make_report(bad), format, false, 0);
    EXPECT_EQ(text.find("0.96"), std::string::npos) << text;
    EXPECT_NE(text.find("random-zero"), std::string::npos);
  }
}

TEST(Gates, OtherTablesKeepTheirs) {
  std::vector<Record> records = joined({runs_of("random", 0.94), runs_of("zero", 0.95)});
  for (Record& record : runs_of("als", 0.9, "native")) records.push_back(record);
  const std::string text = render(make_report(records), Format::md, false, 0);
  EXPECT_NE(text.find("INCORRECT"), std::string::npos);
  EXPECT_NE(text.find("0.9200"), std::string::npos) << text;
}

}  // namespace
}  // namespace embrace::judge
