#include "host/math/normal_numbers.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>
#include <vector>

namespace embrace {
namespace {

std::vector<float> numbers_of(std::int64_t count, std::uint32_t b = 0) {
  std::vector<float> out(static_cast<std::size_t>(4 * count) + 1, -99.0F);
  normal_numbers(Random(3, Stream::sampling), 7, b, count, out.data());
  EXPECT_EQ(out.back(), -99.0F) << "written behind the end";
  out.pop_back();
  return out;
}

// Logarithm and cosine are right to a few units in the last place; the angle is a float of up to 3.2, off by 2e-7 at
// most.
TEST(NormalNumbers, AreBoxAndMullersOfTheWordsOfEachCounter) {
  const Random random(3, Stream::sampling);
  const auto numbers = numbers_of(100);
  for (std::uint32_t i = 0; i < 100; ++i) {
    const auto words = random.bits(7, i);
    for (std::size_t pair = 0; pair < 2; ++pair) {
      const double u = (static_cast<double>(words[2 * pair] >> 1U) + 0.5) * 0x1p-31;
      const double angle =
          static_cast<double>(static_cast<std::int32_t>(words[2 * pair + 1])) * std::numbers::pi * 0x1p-31;
      const double radius = std::sqrt(-2 * std::log(u));
      EXPECT_NEAR(static_cast<double>(numbers[4 * i + 2 * pair]), radius * std::cos(angle), 2e-5);
      EXPECT_NEAR(static_cast<double>(numbers[4 * i + 2 * pair + 1]), radius * std::sin(angle), 2e-5);
    }
  }
}

TEST(NormalNumbers, DependOnTheirCounterAlone) {
  const auto all = numbers_of(150);
  for (const std::int64_t count : {1, 3, 63, 64, 65}) {
    const auto some = numbers_of(count, 50);
    for (std::size_t n = 0; n < some.size(); ++n) ASSERT_EQ(some[n], all[200 + n]) << count;
  }
}

// Of 40,000 numbers: five standard errors of each moment.
TEST(NormalNumbers, HaveTheMomentsOfANormalDistribution) {
  const auto numbers = numbers_of(10000);
  double moments[4] = {};
  for (const float x : numbers) {
    double power = 1;
    for (double& moment : moments) moment += power *= static_cast<double>(x);
  }
  const auto n = static_cast<double>(numbers.size());
  const double expected[4] = {0, 1, 0, 3}, variance[4] = {1, 2, 15, 96};
  for (int m = 0; m < 4; ++m) EXPECT_NEAR(moments[m] / n, expected[m], 5 * std::sqrt(variance[m] / n)) << m + 1;
}

}  // namespace
}  // namespace embrace
