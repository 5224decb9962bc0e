// The parts of the training ratings: disjoint, complete, the same whatever the order of the file, and as cold as the
// test.
#include "host/judge/parts.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <stdexcept>

#include "host/error.hpp"

namespace embrace::judge {
namespace {

/// 40 users and 30 items, two thirds of all pairs; times run backwards through the file.
Ratings some_ratings() {
  Ratings ratings;
  for (std::int64_t u = 0; u < 40; ++u) ratings.user_ids.push_back(100 + u);
  for (std::int64_t i = 0; i < 30; ++i) ratings.item_ids.push_back(500 + 3 * i);
  for (std::int32_t u = 0; u < 40; ++u) {
    for (std::int32_t i = 0; i < 30; ++i) {
      if ((u * 7 + i * 5) % 3 == 0) continue;
      ratings.users.push_back(u);
      ratings.items.push_back(i);
      ratings.values.push_back(3);
      ratings.times.push_back(10000 - ratings.size());
    }
  }
  return ratings;
}

/// All but each tenth rating, which is the test.
Fold some_fold(const Ratings& ratings) {
  Fold fold;
  for (std::int64_t p = 0; p < ratings.size(); ++p) (p % 10 == 0 ? fold.test : fold.train).push_back(p);
  return fold;
}

std::vector<std::int64_t> together(const Parts& parts) {
  std::vector<std::int64_t> all = parts.embedding;
  all.insert(all.end(), parts.fit.begin(), parts.fit.end());
  all.insert(all.end(), parts.validation.begin(), parts.validation.end());
  std::sort(all.begin(), all.end());
  return all;
}

TEST(Parts, AreSixThreeAndOneTenthOfTheTrainingPart) {
  const Ratings ratings = some_ratings();
  const Fold fold = some_fold(ratings);
  const Parts parts = divide_training(ratings, fold, parse_split("holdout:0.2"), 1);
  EXPECT_EQ(together(parts), fold.train);
  const auto n = static_cast<double>(fold.train.size());
  EXPECT_NEAR(static_cast<double>(parts.embedding.size()), 0.6 * n, 1.5);
  EXPECT_NEAR(static_cast<double>(parts.fit.size()), 0.3 * n, 1.5);
  EXPECT_NO_THROW(require_disjoint(parts));
}

TEST(Parts, DifferFromDrawToDraw) {
  const Ratings ratings = some_ratings();
  const Fold fold = some_fold(ratings);
  const SplitName split = parse_split("holdout:0.2");
  EXPECT_EQ(divide_training(ratings, fold, split, 1).fit, divide_training(ratings, fold, split, 1).fit);
  EXPECT_NE(divide_training(ratings, fold, split, 1).fit, divide_training(ratings, fold, split, 2).fit);
}

TEST(Parts, DependOnRawIdsAndNotOnTheOrderOfTheFile) {
  const Ratings ratings = some_ratings();
  Ratings reversed = ratings;
  std::reverse(reversed.users.begin(), reversed.users.end());
  std::reverse(reversed.items.begin(), reversed.items.end());
  Fold fold, of_reversed;
  for (std::int64_t p = 0; p < ratings.size(); ++p) fold.train.push_back(p);
  of_reversed.train = fold.train;
  const SplitName split = parse_split("kfold:5");
  std::vector<std::int64_t> fit = divide_training(reversed, of_reversed, split, 3).fit;
  for (std::int64_t& p : fit) p = ratings.size() - 1 - p;
  std::sort(fit.begin(), fit.end());
  EXPECT_EQ(fit, divide_training(ratings, fold, split, 3).fit);
}

TEST(Parts, FollowTimeWhereTheSplitDoes) {
  const Ratings ratings = some_ratings();
  Fold fold = some_fold(ratings);
  fold.until = 10000;
  const Parts parts = divide_training(ratings, fold, parse_split("time:0.2"), 1);
  const auto latest = [&](const std::vector<std::int64_t>& part) {
    return ratings.times[static_cast<std::size_t>(part.front())];
  };
  const auto earliest = [&](const std::vector<std::int64_t>& part) {
    return ratings.times[static_cast<std::size_t>(part.back())];
  };
  EXPECT_LT(latest(parts.embedding), earliest(parts.fit));  // the file runs backwards
  EXPECT_LT(latest(parts.fit), earliest(parts.validation));
  EXPECT_EQ(embedding_fold(ratings, fold, parts).until, latest(parts.embedding));
}

TEST(Parts, ValidateOnColdItemsWhereTheTestHasThem) {
  const Ratings ratings = some_ratings();
  const Fold fold = some_fold(ratings);
  const Parts parts = divide_training(ratings, fold, parse_split("cold-items:5"), 1);
  std::set<std::int32_t> cold, seen;
  for (const std::int64_t p : parts.validation) cold.insert(ratings.items[static_cast<std::size_t>(p)]);
  for (const auto* part : {&parts.embedding, &parts.fit}) {
    for (const std::int64_t p : *part) seen.insert(ratings.items[static_cast<std::size_t>(p)]);
  }
  EXPECT_EQ(cold.size(), 3U);
  for (const std::int32_t item : cold) EXPECT_EQ(seen.count(item), 0U) << item;
  EXPECT_EQ(together(parts), fold.train);
}

TEST(Parts, ASourceKnowsNothingOfTheOthers) {
  const Ratings ratings = some_ratings();
  Fold fold = some_fold(ratings);
  fold.known = {fold.test.back()};
  fold.test.pop_back();
  const Parts parts = divide_training(ratings, fold, parse_split("holdout:0.2"), 1);
  const Fold source = embedding_fold(ratings, fold, parts);
  EXPECT_EQ(source.train, parts.embedding);
  EXPECT_TRUE(source.known.empty());
  EXPECT_EQ(source.train.size() + source.test.size(), static_cast<std::size_t>(ratings.size()));
  std::vector<std::int64_t> both;
  std::set_intersection(source.train.begin(), source.train.end(), source.test.begin(), source.test.end(),
                        std::back_inserter(both));
  EXPECT_TRUE(both.empty());
}

TEST(Parts, ThatOverlapAreRefused) {
  EXPECT_THROW(require_disjoint({{1, 2, 3}, {3, 4}, {5}}), std::invalid_argument);
  EXPECT_THROW(require_disjoint({{1, 2, 3}, {4}, {2}}), std::invalid_argument);
}

TEST(Parts, TooSmallATrainingPartIsUnsupported) {
  const Ratings ratings = some_ratings();
  Fold fold;
  fold.train = {0, 1};
  EXPECT_THROW(divide_training(ratings, fold, parse_split("holdout:0.2"), 1), Unsupported);
}

}  // namespace
}  // namespace embrace::judge
