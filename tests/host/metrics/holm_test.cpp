#include "host/metrics/holm.hpp"

#include <gtest/gtest.h>

namespace embrace {
namespace {

TEST(Holm, TheSmallestCountsAsOftenAsThereAreTests) {
  const Array<double> adjusted = holm({0.01, 0.04, 0.03, 0.005});
  const double expected[] = {0.03, 0.06, 0.06, 0.02};  // by hand: 4 x .005, 3 x .01, 2 x .03, and .04 no less than that
  for (std::int64_t p = 0; p < 4; ++p) EXPECT_DOUBLE_EQ(adjusted[p], expected[p]) << p;
}

TEST(Holm, NothingIsMoreThanCertain) {
  EXPECT_EQ(holm({0.9, 0.8})[0], 1);
  EXPECT_TRUE(holm({}).empty());
}

}  // namespace
}  // namespace embrace
