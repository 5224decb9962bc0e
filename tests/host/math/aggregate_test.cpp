#include "host/math/aggregate.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <stdexcept>

#include "host/random.hpp"

namespace embrace {
namespace {

struct Triples {
  std::vector<std::int32_t> users, items;
  std::vector<float> values;
};

Triples random_triples(std::int64_t users, std::int64_t items, std::int64_t ratings) {
  const Random random(7, Stream::sampling);
  Triples t;
  for (std::int64_t e = 0; e < ratings; ++e) {
    const auto counter = static_cast<std::uint64_t>(e);
    t.users.push_back(static_cast<std::int32_t>(random.below(static_cast<std::uint64_t>(users), counter, 0)));
    t.items.push_back(static_cast<std::int32_t>(random.below(static_cast<std::uint64_t>(items), counter, 1)));
    t.values.push_back(static_cast<float>(random.below(32, counter, 2)) * 0.5F);
  }
  return t;
}

/// The plain truth: one loop in double, for one side.
RatingAggregates reference(std::int64_t rows, const std::vector<std::int32_t>& row, const std::vector<float>& values) {
  RatingAggregates sums;
  const auto n = static_cast<std::size_t>(rows);
  sums.count.resize(n);
  sums.half_stars.resize(n);
  sums.quarter_stars.resize(n);
  for (std::size_t e = 0; e < values.size(); ++e) {
    const auto r = static_cast<std::size_t>(row[e]);
    const double half = 2.0 * static_cast<double>(values[e]);
    ++sums.count[r];
    sums.half_stars[r] += static_cast<std::int64_t>(half);
    sums.quarter_stars[r] += static_cast<std::int64_t>(half * half);
  }
  return sums;
}

TEST(Aggregate, EqualsThePlainLoopForAnyNumberOfThreads) {
  // More ratings than one task takes, so that several workers' partial results are added.
  const Triples t = random_triples(300, 70, 2'500'000);
  const UserItemAggregates expected{reference(300, t.users, t.values), reference(70, t.items, t.values)};
  for (const int count : {1, 2, 5}) {
    Threads threads(count);
    EXPECT_EQ(aggregate_ratings(300, 70, t.users, t.items, t.values, threads), expected);
  }
}

TEST(Aggregate, OneRowWithAllTheRatingsAndEmptyRows) {
  Triples t = random_triples(1, 40, 100'000);
  Threads threads(2);
  const UserItemAggregates result = aggregate_ratings(3, 40, t.users, t.items, t.values, threads);
  EXPECT_EQ(result.users, reference(3, t.users, t.values));
  EXPECT_EQ(result.users.count[1], 0);
}

// Sums of a row are as large as they get, again and again: the packed words are emptied before they run over.
TEST(Aggregate, ManyOfTheLargestRatingsOnOneRow) {
  const std::size_t ratings = 500'000;
  const std::vector<std::int32_t> zeros(ratings, 0);
  const std::vector<float> values(ratings, 15.5F);
  Threads threads(2);
  const UserItemAggregates result = aggregate_ratings(1, 1, zeros, zeros, values, threads);
  EXPECT_EQ(result.users, reference(1, zeros, values));
  EXPECT_EQ(result.items, result.users);
}

TEST(Aggregate, NoughtIsARatingWithEitherSign) {
  Threads threads(1);
  const std::vector<std::int32_t> rows = {0, 0, 0};
  const std::vector<float> values = {0.0F, -0.0F, 1.0F};
  const UserItemAggregates result = aggregate_ratings(1, 1, rows, rows, values, threads);
  EXPECT_EQ(result.users, reference(1, rows, values));
}

TEST(Aggregate, NoRatings) {
  Threads threads(2);
  const UserItemAggregates result = aggregate_ratings(2, 0, {}, {}, {}, threads);
  EXPECT_EQ(result.users.count, (std::vector<std::int64_t>{0, 0}));
  EXPECT_TRUE(result.items.count.empty());
}

TEST(Aggregate, RatingsThatAreNoHalfStarsAreRefused) {
  Threads threads(1);
  const std::vector<std::int32_t> zero = {0};
  for (const float bad : {0.25F, 0.75F, 3.1F, 0.5F + 1e-7F, 15.75F, -0.5F, 16.0F, 1e30F, 1e-45F, NAN, INFINITY}) {
    const std::vector<float> values = {bad};
    EXPECT_THROW(aggregate_ratings(1, 1, zero, zero, values, threads), std::invalid_argument) << bad;
  }
}

}  // namespace
}  // namespace embrace
