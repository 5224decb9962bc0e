// A study asks of the data what they have.
#include "bench/answer/plan.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace embrace::answer {
namespace {

Dataset ratings_alone() {
  Dataset dataset;
  dataset.ratings.users = {0, 1};
  dataset.ratings.values = {1, 5};
  dataset.ratings.scale = {1, 5};
  return dataset;
}

Dataset everything() {
  Dataset dataset = ratings_alone();
  dataset.ratings.times = {1, 2};
  dataset.catalogue.users = {{.id = 1, .age = 30, .gender = "F", .occupation = "artist", .zip = "1"}};
  dataset.catalogue.movies = {{.id = 1, .title = "A (1990)", .year = 1990, .genres = {"Drama"}}};
  dataset.catalogue.tags = {{.user = 1, .item = 1, .tag = "slow", .time = std::nullopt}};
  return dataset;
}

std::vector<StudyTable> plan(const Dataset& dataset, bool quick) {
  PlanChoice choice;
  choice.data.data = "somewhere";
  choice.output = "out";
  choice.quick = quick;
  return plan_study(choice, dataset);
}

const StudyTable* find(const std::vector<StudyTable>& tables, const std::string& name) {
  const auto found = std::find_if(tables.begin(), tables.end(), [&](const StudyTable& t) { return t.name == name; });
  return found == tables.end() ? nullptr : &*found;
}

TEST(Plan, WhatIsNotThereIsNotAskedFor) {
  const auto tables = plan(ratings_alone(), false);
  for (const char* name : {"methods-cold-items", "methods-cold-users", "methods-time", "embeddings-cold-items"}) {
    EXPECT_EQ(find(tables, name), nullptr) << name;
  }
  ASSERT_NE(find(tables, "embeddings-warm"), nullptr);
  for (const judge::SourceSpec& source : find(tables, "embeddings-warm")->judged->sources) {
    EXPECT_FALSE(source.text.starts_with('+')) << source.text;
  }
  EXPECT_EQ(find(tables, "rankings-warm")->runs.at(0).data.split.text, "holdout:0.1") << "there are no times";
}

TEST(Plan, EachKindOfInformationHasItsRowAndItsControl) {
  const auto tables = plan(everything(), false);
  EXPECT_EQ(find(tables, "methods-time")->runs.at(0).data.split.text, "time:0.2");
  for (const StudyTable& table : tables) {
    for (const StudyOptions& run : table.runs) {
      std::vector<std::string> texts;
      for (const Information& information : run.information) texts.push_back(information.text);
      for (const std::string& text : texts) {
        if (!text.starts_with('+')) continue;
        EXPECT_NE(std::find(texts.begin(), texts.end(), "shuffled:" + text), texts.end()) << table.name << " " << text;
      }
    }
  }
}

TEST(Plan, EverythingIsThereWithItsControl) {
  const auto tables = plan(everything(), false);
  std::vector<std::string> texts;
  for (const Information& information : find(tables, "methods-warm")->runs.at(1).information)
    texts.push_back(information.text);
  for (const char* text : {"+sets", "shuffled:+sets", "+time", "shuffled:+time", "all", "shuffled"}) {
    EXPECT_NE(std::find(texts.begin(), texts.end(), text), texts.end()) << text;
  }
}

TEST(Plan, AQuickStudyHasOneDivisionAndOneSeed) {
  for (const StudyTable& table : plan(everything(), true)) {
    if (table.judged) {
      EXPECT_EQ(table.judged->draws, 2);
      EXPECT_EQ(table.judged->seeds, 1);
    }
    for (const StudyOptions& run : table.runs) {
      EXPECT_EQ(run.seeds, 1);
      EXPECT_TRUE(run.folds == std::vector<int>{0} || run.data.split.text.find(":5") == std::string::npos)
          << table.name;
    }
  }
  for (const StudyTable& table : plan(everything(), false)) {
    for (const StudyOptions& run : table.runs) EXPECT_EQ(run.seeds, 5);
  }
}

TEST(Plan, EmbeddingsAreJudgedByRankingsAsWell) {
  const auto tables = plan(everything(), false);
  const StudyTable* table = find(tables, "embeddings-ranking");
  ASSERT_NE(table, nullptr);
  EXPECT_EQ(table->judged->task, Task::ranking);
  EXPECT_TRUE(table->judged->data.positive.has_value()) << "who rated it low has not chosen it";
  for (const judge::SourceSpec& source : table->judged->sources) {
    EXPECT_FALSE(source.text.ends_with(":als")) << source.text << ": controls are of a method that ranks";
  }
}

TEST(Plan, OfManyRatingsLessIsAsked) {
  Dataset many = everything();
  many.ratings.values.resize(1000000);
  const auto tables = plan(many, false);
  EXPECT_EQ(find(tables, "methods-time"), nullptr);
  EXPECT_EQ(find(tables, "methods-warm")->runs.at(0).data.split.text, "holdout:0.1");
  for (const StudyTable& table : tables) {
    if (table.judged) {
      EXPECT_EQ(table.judged->draws, 1) << table.name;
    }
    for (const StudyOptions& run : table.runs) EXPECT_EQ(run.seeds, table.name == "methods-warm" ? 2 : 1) << table.name;
  }
}

}  // namespace
}  // namespace embrace::answer
