// Probes on vectors of which it is known what is in them.
#include "host/judge/probes.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "host/random.hpp"

namespace embrace::judge {
namespace {

EntityVectors normal_rows(std::int64_t rows, std::int64_t width, std::uint32_t stream) {
  EntityVectors out{Matrix(rows, width), Array<std::uint8_t>(rows, 1)};
  const Random random(1, Stream::features);
  const double deviation = 1 / std::sqrt(static_cast<double>(width));
  for (std::int64_t k = 0; k < out.rows.size(); ++k) {
    out.rows.data()[k] = static_cast<float>(deviation * random.normal(static_cast<std::uint64_t>(k), stream));
  }
  return out;
}

double number(std::int64_t k, std::uint32_t stream) {
  return Random(2, Stream::features).normal(static_cast<std::uint64_t>(k), stream);
}

/// 60 users rate 3 + <their own taste, item>: 40 of the first 60 items; 20 more are cold, half of them for validation.
class UserRidgeProbe : public testing::Test {
 protected:
  static constexpr std::int32_t users = 60, warm = 60, items = 80;
  UserRidgeProbe() {
    Array<std::int32_t> rows, columns;
    Array<float> values;
    for (std::int32_t u = 0; u < users; ++u) {
      for (std::int32_t i = 0; i < items; ++i) {
        double rating = 3;
        for (std::int64_t k = 0; k < 4; ++k) rating += number(u * 4 + k, 1) * static_cast<double>(vectors_.rows(i, k));
        if (i >= warm) {
          RatedPairs& part = i < 70 ? validation_ : test_;
          part.users.push_back(u);
          part.items.push_back(i);
          part.ratings.push_back(static_cast<float>(rating));
        } else if ((u + i) % 3 != 0) {
          rows.push_back(u);
          columns.push_back(i);
          values.push_back(static_cast<float>(rating));
        }
      }
    }
    fit_ = csr_from_triples(users, items, rows, columns, values);
  }
  double rmse(const EntityVectors& vectors, int threads = 2) const {
    Threads pool(threads);
    return clipped_rmse(predict_by_user_ridge(vectors, fit_, validation_, test_, {-10, 10}, pool), test_.ratings,
                        {-10, 10});
  }

  EntityVectors vectors_ = normal_rows(items, 4, 1);
  Csr fit_;
  RatedPairs validation_, test_;
};

TEST_F(UserRidgeProbe, FindsTastesInTheVectorsOfItemsWithoutRatings) {
  // Tastes of length 2 times vectors of length 1: ratings deviate by 1. The ridge of 40 exact ratings with the least
  // penalty, 1, shrinks each of four directions, which have squares of 40 / 4, by 1 / 11; a bias of the user of penalty
  // 5 takes its part of the same.
  EXPECT_LT(rmse(vectors_), 0.25);
  EXPECT_GT(rmse(normal_rows(items, 4, 9)), 0.8) << "vectors of nothing";
}

TEST_F(UserRidgeProbe, IsTheSameForAnyNumberOfThreads) { EXPECT_EQ(rmse(vectors_, 1), rmse(vectors_, 3)); }

TEST_F(UserRidgeProbe, TakesAnItemWithoutAVectorForTheMean) {
  EntityVectors none = vectors_;
  for (std::int64_t i = warm; i < items; ++i) none.known[i] = 0;
  EXPECT_GT(rmse(none), 0.8);
}

/// Two groups of items, each rated by ten users of its own; two of the first group's users have rated all.
class Recall : public testing::Test {
 protected:
  static constexpr std::int32_t of_group = 101, users = 20, items = 2 * of_group;
  Recall() {
    Array<std::int32_t> rows, columns;
    for (std::int32_t u = 0; u < users; ++u) {
      for (std::int32_t i = 0; i < items; ++i) {
        if ((u < 10) != (i < of_group)) continue;
        rows.push_back(u);
        columns.push_back(i);
      }
    }
    ratings_ = csr_from_triples(users, items, rows, columns, Array<float>(rows.size(), 1.0F));
  }
  double recall(const EntityVectors& vectors) const {
    Threads threads(2);
    return neighbour_recall(vectors, ratings_.view(), threads);
  }
  Csr ratings_;
};

TEST_F(Recall, IsOneWhereTheNearestAreThoseOfTheSameUsers) {
  EntityVectors groups{Matrix(items, 2), Array<std::uint8_t>(items, 1)};
  for (std::int64_t i = 0; i < items; ++i) groups.rows(i, i < of_group ? 0 : 1) = static_cast<float>(1 + i);
  EXPECT_DOUBLE_EQ(recall(groups), 1) << "100 others in each group; lengths do not count";
}

TEST_F(Recall, IsAsExpectedOfRandomVectors) {
  // Of 201 others 100 are of the own group and 100 are near: a share of 100 / 201, over 202 items of 100 with a
  // standard deviation of .5 / √(20,200) = .0035, were they independent; they are in pairs, so twice that, three times.
  EXPECT_NEAR(recall(normal_rows(items, 8, 3)), 100.0 / 201, 0.03);
}

TEST_F(Recall, LooksAtKnownItemsAlone) {
  EntityVectors one = normal_rows(items, 8, 3);
  one.known.assign(items, 0);
  one.known[0] = 1;
  EXPECT_EQ(recall(one), 0);
}

TEST(Encoded, NumbersAreFoundWhereTheyAre) {
  constexpr std::int64_t items = 400;
  const EntityVectors vectors = normal_rows(items, 8, 1);
  Array<double> linear(items), noise(items), both(items);
  for (std::int64_t i = 0; i < items; ++i) {
    linear[i] = 1900 + 10 * static_cast<double>(vectors.rows(i, 2));
    noise[i] = number(i, 5);
    both[i] = linear[i] + 10 / std::sqrt(8.0) * noise[i];  // as much of each
  }
  EXPECT_GT(encoded_number(vectors, linear), 0.99);
  // R² of eight useless columns on 320 items is about -8 / 320 at worst, and has a spread of √(2 · 8) / 320.
  EXPECT_NEAR(encoded_number(vectors, noise), 0, 0.06);
  EXPECT_NEAR(encoded_number(vectors, both), 0.5, 0.1);
}

TEST(Encoded, WhatIsNotKnownIsLeftOut) {
  EntityVectors vectors = normal_rows(100, 4, 1);
  Array<double> target(100);
  for (std::int64_t i = 0; i < 100; ++i) target[i] = static_cast<double>(vectors.rows(i, 0));
  const double before = encoded_number({vectors.rows, vectors.known}, target);
  EXPECT_GT(before, 0.99);
  for (std::int64_t i = 0; i < 30; ++i) {
    vectors.known[i] = 0;
    target[i] = 1e6;
    target[99 - i] = std::numeric_limits<double>::quiet_NaN();
  }
  EXPECT_GT(encoded_number(vectors, target), 0.99);
  vectors.known.assign(100, 0);
  EXPECT_TRUE(std::isnan(encoded_number(vectors, target)));
  EXPECT_TRUE(std::isnan(encoded_number(normal_rows(100, 4, 1), Array<double>(100, 7.0)))) << "nothing to explain";
}

TEST(Encoded, LabelsAreHitWhereTheyAre) {
  constexpr std::int64_t items = 300;
  EntityVectors vectors{Matrix(items, 3), Array<std::uint8_t>(items, 1)};
  std::vector<std::vector<std::int32_t>> labels(items), others(items);
  for (std::int64_t i = 0; i < items; ++i) {
    const auto label = static_cast<std::int32_t>(i * i % 7 % 3);
    labels[static_cast<std::size_t>(i)] = {label};
    vectors.rows(i, label) = 1;
    others[static_cast<std::size_t>(i)] = {number(i, 3) > 0 ? 1 : 0, 2};
  }
  labels[5].clear();
  EXPECT_DOUBLE_EQ(encoded_label(vectors, labels, 3), 1);
  EXPECT_DOUBLE_EQ(encoded_label(vectors, others, 3), 1) << "what all have is never missed";
}

TEST(EffectiveRank, CountsAxesByTheirShare) {
  EntityVectors vectors{Matrix(8, 3), Array<std::uint8_t>(8, 1)};
  EXPECT_EQ(effective_rank(vectors), 0);
  for (std::int64_t r = 0; r < 8; ++r) vectors.rows(r, 0) = r % 2 == 0 ? 1.0F : -1.0F;
  EXPECT_DOUBLE_EQ(effective_rank(vectors), 1);
  for (std::int64_t r = 0; r < 8; ++r) vectors.rows(r, 2) = r / 2 % 2 == 0 ? 5.0F : 3.0F;
  EXPECT_DOUBLE_EQ(effective_rank(vectors), 2) << "of equal variance, whatever the mean";
}

TEST(AlignedSimilarity, IsOneUpToARotationAndAFactor) {
  Threads threads(2);
  const EntityVectors a = normal_rows(500, 3, 1);
  EntityVectors b = a;
  for (std::int64_t r = 0; r < 500; ++r) {
    b.rows(r, 0) = 7 * a.rows(r, 1);
    b.rows(r, 1) = -7 * a.rows(r, 0);
    b.rows(r, 2) = -7 * a.rows(r, 2);
  }
  b.known[3] = 0;
  b.rows(3, 0) = 1000;
  EXPECT_NEAR(aligned_similarity(a, b, threads), 1, 1e-6);
  // The singular values of a matrix of n × n numbers of variance 1 have a mean of .85 √n; over 500 rows: √(3 / 500)
  // .85.
  EXPECT_NEAR(aligned_similarity(a, normal_rows(500, 3, 2), threads), 0.066, 0.05);
  EXPECT_TRUE(std::isnan(aligned_similarity(a, {Matrix(500, 3), Array<std::uint8_t>(500, 1)}, threads)));
}

}  // namespace
}  // namespace embrace::judge
