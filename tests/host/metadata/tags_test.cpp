#include "host/metadata/tags.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "host/metadata/names.hpp"
#include "tests/host/metadata/metadata_fixture.hpp"

namespace embrace {
namespace {

TEST(Names, TagsAreNormalised) {
  EXPECT_EQ(normalise_tag("  Sci-Fi "), "sci fi");
  EXPECT_EQ(normalise_tag("sci_fi"), "sci fi");
  EXPECT_EQ(normalise_tag("SCI \t  FI!!"), "sci fi");
  EXPECT_EQ(normalise_tag("Sci\u2013Fi\u00A0"), "sci fi");
  EXPECT_EQ(normalise_tag("\u201CFrançois Truffaut\u201D"), "françois truffaut");
  EXPECT_EQ(normalise_tag("ÉPOQUE Œuvre Żółć ŸŐ"), "époque œuvre żółć ÿő");
  EXPECT_EQ(normalise_tag("don\u2019t"), "don't");
  EXPECT_EQ(normalise_tag("(excellent!)"), "excellent");
  EXPECT_EQ(normalise_tag("\u041C\u0418\u0420"), "\u043C\u0438\u0440");
  EXPECT_EQ(normalise_tag("..."), "");
  EXPECT_EQ(normalise_tag(""), "");
  // A stray Latin-1 byte counts as that letter; the result is UTF-8 all the same.
  EXPECT_EQ(normalise_tag("caf\xE9"), "café");
}

TEST(Names, NormalisingTwiceChangesNothing) {
  for (const char* tag : {"  Sci-Fi ", "\u201CX\u201D - y", "ÀÉÎ", "a--b", "-a-", "'t is", "\xFF\xC3"}) {
    EXPECT_EQ(normalise_tag(normalise_tag(tag)), normalise_tag(tag)) << tag;
  }
}

TEST(Names, TitlesHaveAYearWordsAndKeys) {
  EXPECT_EQ(year_in_title("Toy Story (1995)"), 1995);
  EXPECT_EQ(year_in_title("Toy Story (1995) "), 1995);
  EXPECT_EQ(year_in_title("2001"), std::nullopt);
  EXPECT_EQ(year_in_title("X (19x5)"), std::nullopt);
  EXPECT_EQ(year_in_title(""), std::nullopt);
  EXPECT_EQ(bare_title("Toy Story (1995)"), "Toy Story");
  EXPECT_EQ(bare_title("(1995)"), "");
  EXPECT_EQ(title_words("Usual Suspects, The (1995)"), (std::vector<std::string>{"usual", "suspects"}));
  EXPECT_EQ(title_words("Léon: Die Hard & II (1994)"), (std::vector<std::string>{"leon", "hard", "ii"}));
  using Keys = std::vector<std::string>;
  EXPECT_EQ(title_keys("Matrix, The (1999)"), Keys{"matrix"});
  EXPECT_EQ(title_keys("The Matrix (1999)"), Keys{"matrix"});
  EXPECT_EQ(title_keys("Seven (a.k.a. Se7en) (1995)"), (Keys{"seven", "se7en"}));
  EXPECT_EQ(title_keys("Boot, Das (Boat, The) (1981)"), (Keys{"boot", "boat"}));
  EXPECT_EQ(title_keys("Willy Wonka & the Chocolate Factory (1971)"),
            title_keys("Willy Wonka and The chocolate-factory"));
  EXPECT_EQ(title_keys("Am\u00E9lie (2001)"), Keys{"amelie"});
  EXPECT_EQ(title_keys("I, Robot (2004)"), Keys{"robot"});
  EXPECT_EQ(title_keys("M (1931)"), Keys{"m"});
  EXPECT_EQ(title_keys("A.I. (unclosed (2001)"), (Keys{"i", "unclosed"}));
  EXPECT_TRUE(title_keys("(1995)").empty());
}

/// Three users, three movies, everything trained.
Dataset three_by_three() {
  Dataset data;
  data.ratings.user_ids = {1, 2, 3};
  data.ratings.item_ids = {10, 20, 30};
  for (std::int32_t u = 0; u < 3; ++u) {
    for (std::int32_t i = 0; i < 3; ++i) {
      data.ratings.users.push_back(u);
      data.ratings.items.push_back(i);
      data.ratings.values.push_back(3);
    }
  }
  return data;
}

constexpr TagOptions everything{1000, 1, 1};

// A tag of another user on a movie of the training part: only its time says that it belongs to the future.
TEST(Tags, WhatIsGivenAfterTheTrainingPartIsNotKnown) {
  Dataset data = three_by_three();
  Fold fold = testing::whole_fold(data);
  data.catalogue.tags = {{1, 10, "early", 5}, {2, 20, "early", 7}};
  const TagTable before = count_tags(data, fold, everything);
  data.catalogue.tags.push_back({3, 10, "late", 8});
  data.catalogue.tags.push_back({3, 30, "whenever", std::nullopt});
  data.catalogue.tags.push_back({.user = 3, .item = 10, .tag = "of others", .time = 9, .travelled = true});
  EXPECT_EQ(count_tags(data, fold, everything).tags.size(), 4U) << "no time at which the fold ends";
  fold.until = 7;
  const TagTable table = count_tags(data, fold, everything);
  EXPECT_EQ(table.later, 3);
  EXPECT_EQ(table.used, before.used);
  ASSERT_EQ(table.tags.size(), 1U);
  EXPECT_EQ(table.counts.values, before.counts.values);
  EXPECT_EQ(table.weights.values, before.weights.values);
}

TEST(Tags, AKnownUserCountsOnceAMovieAndUnknownOnesEachTime) {
  Dataset data = three_by_three();
  data.catalogue.tags = {{1, 10, "Funny", 1}, {1, 10, "funny!", 2}, {2, 10, "FUNNY", 3}, {1, 20, "funny", 4}};
  TagTable table = count_tags(data, testing::whole_fold(data), everything);
  ASSERT_EQ(table.tags.size(), 1U);
  EXPECT_EQ(table.tags[0].uses, 3);
  EXPECT_EQ(table.tags[0].users, 2);
  EXPECT_EQ(table.tags[0].movies, 2);
  EXPECT_EQ(table.counts.values, (std::vector<float>{2, 1}));
  for (TagUse& use : data.catalogue.tags) use.user = -1;
  table = count_tags(data, testing::whole_fold(data), everything);
  EXPECT_EQ(table.tags[0].uses, 4);
  EXPECT_EQ(table.tags[0].users, 4);
  EXPECT_EQ(table.counts.values, (std::vector<float>{3, 1}));
}

TEST(Tags, AUserOfAnotherDataSetIsSomebodyElse) {
  Dataset data = three_by_three();
  data.catalogue.tags = {{1, 10, "funny", 1}, {1, 10, "funny", 1, true}, {1, 10, "funny", 1, true}};
  const TagTable table = count_tags(data, testing::whole_fold(data), everything);
  EXPECT_EQ(table.tags[0].uses, 2);
  EXPECT_EQ(table.tags[0].users, 2);
}

TEST(Tags, ATestPairsTagIsLeftOutUnlessItTravelled) {
  Dataset data = three_by_three();
  data.catalogue.tags = {{1, 10, "own", 1}, {2, 10, "own", 1}, {1, 10, "other", 1, true}, {9, 10, "stranger", 1}};
  Fold fold = testing::whole_fold(data);
  fold.test = {0};  // user 1, movie 10
  fold.train.erase(fold.train.begin());
  const TagTable table = count_tags(data, fold, everything);
  EXPECT_EQ(table.in_test, 1);
  EXPECT_EQ(table.used, 3);
  for (const TagTable::Tag& tag : table.tags) EXPECT_EQ(tag.uses, 1) << tag.tag;
}

TEST(Tags, TheVocabularyTakesTheMostUsedOfEnoughUses) {
  Dataset data = three_by_three();
  data.catalogue.tags = {{1, 10, "b", 1}, {2, 20, "b", 1}, {1, 10, "a", 1}, {2, 20, "a", 1}, {1, 30, "c", 1},
                         {1, 20, "c", 1}, {2, 20, "c", 1}, {1, 10, "d", 1}, {2, 10, "d", 1}, {3, 10, "d", 1}};
  const auto names = [&](const TagOptions& options) {
    const TagTable table = count_tags(data, testing::whole_fold(data), options);
    std::vector<std::string> result;
    for (const std::int32_t tag : table.vocabulary) result.push_back(table.tags[static_cast<std::size_t>(tag)].tag);
    return result;
  };
  using Words = std::vector<std::string>;
  EXPECT_EQ(names({1000, 1, 1}), (Words{"c", "d", "a", "b"}));  // by uses, ties by text
  EXPECT_EQ(names({1000, 3, 1}), (Words{"c", "d"}));
  EXPECT_EQ(names({1000, 1, 2}), (Words{"c", "a", "b"}));  // d is of one movie
  EXPECT_EQ(names({2, 1, 2}), (Words{"c", "a"}));
}

TEST(Tags, WeightsAreTfIdfAndSumToOne) {
  Dataset data = three_by_three();
  data.catalogue.tags = {{1, 10, "x", 1}, {2, 10, "x", 1}, {1, 10, "y", 1}, {1, 20, "x", 1}};
  const TagTable table = count_tags(data, testing::whole_fold(data), everything);
  // Two movies have tags; x is on both, y on one.
  const double x = (1 + std::log(2.0)) * (1 + std::log(3.0 / 3.0)), y = 1 + std::log(3.0 / 2.0);
  ASSERT_EQ(table.weights.entries(), 3);
  EXPECT_FLOAT_EQ(table.weights.values[0], static_cast<float>(x / (x + y)));
  EXPECT_FLOAT_EQ(table.weights.values[1], static_cast<float>(y / (x + y)));
  EXPECT_FLOAT_EQ(table.weights.values[2], 1.0F);
}

TEST(Tags, NamelessTagsAndUnratedMoviesAreCountedApart) {
  Dataset data = three_by_three();
  data.catalogue.tags = {{1, 10, " !! ", 1}, {1, 99, "x", 1}, {1, 10, "x", 1}};
  const TagTable table = count_tags(data, testing::whole_fold(data), everything);
  EXPECT_EQ(table.nameless, 1);
  EXPECT_EQ(table.without_movie, 1);
  EXPECT_EQ(table.used, 1);
  EXPECT_EQ(table.tags[0].spelling, "x");
}

}  // namespace
}  // namespace embrace
