#include "bench/spread.hpp"

#include <gtest/gtest.h>

#include <stdexcept>

namespace embrace {
namespace {

TEST(Spread, MedianAndQuartilesAreThoseOfTheSortedSamples) {
  const Spread odd = spread_of({5, 1, 3, 2, 4});  // quartiles 2 and 4
  EXPECT_DOUBLE_EQ(odd.median, 3);
  EXPECT_DOUBLE_EQ(odd.relative, 2.0 / 3);
  const Spread even = spread_of({4, 1, 3, 2});  // 1.75 and 3.25
  EXPECT_DOUBLE_EQ(even.median, 2.5);
  EXPECT_DOUBLE_EQ(even.relative, 1.5 / 2.5);
}

TEST(Spread, OneDisturbedRunHardlyMatters) {
  const Spread spread = spread_of({1, 1, 1, 1, 1, 1, 1, 1, 1, 500});
  EXPECT_DOUBLE_EQ(spread.median, 1);
  EXPECT_DOUBLE_EQ(spread.relative, 0);
}

TEST(Spread, OneIsEnoughAndNoneIsAnError) {
  EXPECT_DOUBLE_EQ(spread_of({7}).median, 7);
  EXPECT_DOUBLE_EQ(spread_of({7}).relative, 0);
  EXPECT_DOUBLE_EQ(spread_of({0, 0}).relative, 0);
  EXPECT_THROW(spread_of({}), std::invalid_argument);
}

}  // namespace
}  // namespace embrace
