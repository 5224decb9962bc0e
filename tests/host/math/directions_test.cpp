#include "host/math/directions.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "host/random.hpp"

namespace embrace {
namespace {

std::vector<float> normals(std::int64_t n, std::uint32_t stream) {
  const Random random(2, Stream::synthetic);
  std::vector<float> out;
  for (std::int64_t k = 0; k < n; ++k) {
    out.push_back(static_cast<float>(random.normal(static_cast<std::uint64_t>(k), stream)));
  }
  return out;
}

double product(const std::vector<float>& a, const std::vector<float>& b) {
  double sum = 0;
  for (std::size_t k = 0; k < a.size(); ++k) sum += static_cast<double>(a[k]) * static_cast<double>(b[k]);
  return sum;
}

constexpr std::int64_t widths[] = {1, 2, 31, 64, 65};

TEST(Directions, HaveLengthOneAndPointWhereTheVectorDoes) {
  for (const std::int64_t n : widths) {
    const std::vector<float> x = normals(n, 1);
    std::vector<float> out = x;
    const float length = direction(out.data(), out.data(), n);  // in place
    EXPECT_NEAR(static_cast<double>(length), std::sqrt(product(x, x)), 1e-5) << n;
    for (std::size_t k = 0; k < x.size(); ++k)
      EXPECT_NEAR(static_cast<double>(out[k] * length), static_cast<double>(x[k]), 1e-6);
  }
  std::vector<float> zeros(5);
  EXPECT_EQ(direction(zeros.data(), zeros.data(), 5), 0.0F);
  EXPECT_EQ(zeros, std::vector<float>(5));
}

// d <g, x / |x|> / dx by two-sided differences in double, right to the square of the step.
TEST(Directions, AGradientIsThatByTheVector) {
  for (const std::int64_t n : widths) {
    const std::vector<float> x = normals(n, 1), by_direction = normals(n, 2);
    std::vector<float> unit(x.size()), gradient = by_direction;
    turn_aside(unit.data(), direction(x.data(), unit.data(), n), gradient.data(), n);
    const auto value = [&](std::size_t moved, double by) {
      double along = 0, square = 0;
      for (std::size_t k = 0; k < x.size(); ++k) {
        const double here = static_cast<double>(x[k]) + (k == moved ? by : 0);
        along += static_cast<double>(by_direction[k]) * here;
        square += here * here;
      }
      return along / std::sqrt(square);
    };
    for (std::size_t k = 0; k < x.size(); ++k) {
      const double slope = (value(k, 1e-4) - value(k, -1e-4)) / 2e-4;
      EXPECT_NEAR(static_cast<double>(gradient[k]), slope, 1e-5 * (1 + std::fabs(slope))) << k << " of " << n;
    }
  }
  std::vector<float> zeros(3), gradient = {1, 2, 3};
  turn_aside(zeros.data(), 0, gradient.data(), 3);
  EXPECT_EQ(gradient, std::vector<float>(3));
}

}  // namespace
}  // namespace embrace
