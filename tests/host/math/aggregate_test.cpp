#include "host/math/aggregate.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "host/random.hpp"
#include "host/sparse.hpp"

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
  const auto n = static_cast<std::size_t>(rows);
  RatingAggregates sums{std::vector<std::int64_t>(n), std::vector<double>(n), std::vector<double>(n)};
  for (std::size_t e = 0; e < values.size(); ++e) {
    const auto r = static_cast<std::size_t>(row[e]);
    const auto rating = static_cast<double>(values[e]);
    ++sums.count[r];
    sums.sum[r] += rating;
    sums.squares[r] += rating * rating;
  }
  return sums;
}

UserItemAggregates reference(std::int64_t users, std::int64_t items, const Triples& t) {
  double sum = 0;
  for (const float value : t.values) sum += static_cast<double>(value);
  return {reference(users, t.users, t.values), reference(items, t.items, t.values),
          sum / static_cast<double>(t.values.size())};
}

TEST(Aggregate, EqualsThePlainLoopForAnyNumberOfThreads) {
  // More ratings than one task takes, so that several workers' partial results are added.
  const Triples t = random_triples(300, 70, 2'500'000);
  const UserItemAggregates expected = reference(300, 70, t);
  const Csr rows = csr_from_triples(300, 70, t.users, t.items, t.values);
  for (const int count : {1, 2, 5}) {
    Threads threads(count);
    EXPECT_EQ(aggregate_ratings(300, 70, t.users, t.items, t.values, threads), expected);
    EXPECT_EQ(aggregate_ratings(rows.view(), threads), expected);
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

TEST(Aggregate, RowsMayBeEmptyAnywhere) {
  const std::vector<std::int32_t> users = {1, 1, 4}, items = {0, 2, 2};
  const std::vector<float> values = {1, 2, 3.5F};
  Threads threads(2);
  const Csr rows = csr_from_triples(6, 4, users, items, values);
  const UserItemAggregates result = aggregate_ratings(rows.view(), threads);
  EXPECT_EQ(result.users, reference(6, users, values));
  EXPECT_EQ(result.items, reference(4, items, values));
  EXPECT_EQ(result.users.mean(1), 1.5);
  EXPECT_EQ(result.users.mean(0), 0.0);
  const Csr none = csr_from_triples(3, 2, {}, {}, {});
  EXPECT_EQ(aggregate_ratings(none.view(), threads).users.count, (std::vector<std::int64_t>{0, 0, 0}));
}

// Where one rating is no half star, sums are those of the loop in the order given, rounding and all.
TEST(Aggregate, RatingsOfAnyScaleAreSummedInTheOrderGiven) {
  for (const float other : {0.25F, 0.75F, 3.1F, 0.5F + 1e-7F, 15.75F, -0.5F, 16.0F, 1e30F, 1e-45F}) {
    Triples t = random_triples(50, 30, 100'000);
    for (std::size_t e = 5; e < t.values.size(); e += 7) t.values[e] += 0.1F;
    t.values[99'999] = other;
    const UserItemAggregates expected = reference(50, 30, t);
    for (const int count : {1, 4}) {
      Threads threads(count);
      EXPECT_EQ(aggregate_ratings(50, 30, t.users, t.items, t.values, threads), expected) << other;
    }
  }
  const std::vector<std::int32_t> zero = {0};
  const std::vector<float> lost = {std::numeric_limits<float>::quiet_NaN()};
  Threads threads(1);
  EXPECT_TRUE(std::isnan(aggregate_ratings(1, 1, zero, zero, lost, threads).mean));
}

TEST(Aggregate, TheDeviationIsThatOfTwoPasses) {
  const Triples halves = random_triples(20, 1, 50'000);
  Triples others = halves;
  for (float& value : others.values) value = 3 + value / 100;
  for (const Triples& t : {halves, others}) {
    const RatingAggregates sums = reference(20, t.users, t.values);
    for (std::int32_t r = 0; r < 20; ++r) {
      double squares = 0;
      for (std::size_t e = 0; e < t.values.size(); ++e) {
        const double from_mean = static_cast<double>(t.values[e]) - sums.mean(r);
        if (t.users[e] == r) squares += from_mean * from_mean;
      }
      const double expected = std::sqrt(squares / static_cast<double>(sums.count[r]));
      // Rounded sums of n squares lose n units in the last place of Σr², which is 1000 times Σ(r - mean)² at most.
      EXPECT_NEAR(sums.standard_deviation(r), expected, 1e-9 * expected) << r;
    }
  }
}

TEST(Aggregate, EqualRatingsHaveNoDeviation) {
  for (const float rating : {0.0F, 3.5F, 3.7F, 1e-3F, 99.9F}) {
    for (const std::size_t n : {std::size_t{0}, std::size_t{1}, std::size_t{3}, std::size_t{10'007}}) {
      const RatingAggregates sums = reference(1, std::vector<std::int32_t>(n, 0), std::vector<float>(n, rating));
      EXPECT_EQ(sums.standard_deviation(0), 0.0) << n << " times " << rating;
    }
  }
}

}  // namespace
}  // namespace embrace
