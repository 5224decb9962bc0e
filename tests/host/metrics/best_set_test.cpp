// The set of rows that cannot be told from the best, on rows that can be judged by eye.
#include "host/metrics/best_set.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "host/random.hpp"

namespace embrace {
namespace {

/// Draws of what is common to all rows and of what is the row's own.
Competitor row(double value, double own, std::uint64_t number, int seeds = 1, double seed_deviation = 0) {
  const Random random(5, Stream::sampling);
  Competitor result{{}, static_cast<int>(number)};
  for (int s = 0; s < seeds; ++s) {
    Replicate replicate{value + (s % 2 == 0 ? seed_deviation : -seed_deviation), {}};
    for (std::uint32_t b = 0; b < 1000; ++b) {
      replicate.draws.push_back(replicate.value + random.normal(b, 0) +
                                own * random.normal(b, 7 + static_cast<std::uint32_t>(number)));
    }
    result.replicates.push_back(replicate);
  }
  return result;
}

TEST(BestSet, ClearDifferencesLeaveTheBestAlone) {
  const std::vector<Competitor> rows = {row(0.90, 0.001, 1), row(0.91, 0.001, 2), row(0.95, 0.001, 3)};
  EXPECT_EQ(best_set(rows, 0, false), (std::vector<bool>{true, false, false}));
  EXPECT_EQ(best_set(rows, 0, true), (std::vector<bool>{false, false, true}));
}

// 2.4 standard errors of the difference: enough for two rows, too little when it is the largest of many.
TEST(BestSet, TheMoreRowsTheMoreADifferenceMustBe) {
  std::vector<Competitor> rows = {row(0, 1, 1), row(2.4 * std::sqrt(2.0), 1, 2)};
  EXPECT_EQ(best_set(rows, 0, true), (std::vector<bool>{false, true}));
  for (std::uint64_t number = 3; number <= 16; ++number) rows.push_back(row(1.2 * std::sqrt(2.0), 1, number));
  EXPECT_EQ(best_set(rows, 0, true), std::vector<bool>(16, true));
}

// Rows that are far behind are no part of the later steps.
TEST(BestSet, LosersDoNotWidenTheRest) {
  std::vector<Competitor> rows = {row(0, 1, 1), row(2.4 * std::sqrt(2.0), 1, 2)};
  for (std::uint64_t number = 3; number <= 16; ++number) rows.push_back(row(-100, 1, number));
  EXPECT_TRUE(best_set(rows, 0, true)[1]);
  EXPECT_FALSE(best_set(rows, 0, true)[0]);
}

TEST(BestSet, RowsOfTheSameWorkAreNotCompared) {
  std::vector<Competitor> rows = {row(0.90, 0.001, 1), row(0.91, 0.001, 2)};
  rows[1].work = 1;
  EXPECT_EQ(best_set(rows, 0, false), (std::vector<bool>{true, true}));
}

TEST(BestSet, EqualRowsStay) {
  std::vector<Competitor> rows = {row(0.90, 0.001, 1), row(0.90, 0.001, 1)};
  rows[1].work = 2;
  EXPECT_EQ(best_set(rows, 0, false), (std::vector<bool>{true, true}));
}

// The same difference of means, once with seeds that agree and once with seeds that do not.
TEST(BestSet, SeedsThatDisagreeHideADifference) {
  EXPECT_FALSE(best_set(std::vector<Competitor>{row(0.90, 0.001, 1, 4), row(0.91, 0.001, 2, 4)}, 0, true)[0]);
  EXPECT_TRUE(best_set(std::vector<Competitor>{row(0.90, 0.001, 1, 4, 0.02), row(0.91, 0.001, 2, 4)}, 0, true)[0]);
}

TEST(BestSet, UnlikeRowsAreRefused) {
  EXPECT_TRUE(best_set({}, 0, true).empty());
  EXPECT_THROW(best_set(std::vector<Competitor>{row(1, 1, 1), row(1, 1, 2, 2)}, 0, true), std::invalid_argument);
}

}  // namespace
}  // namespace embrace
