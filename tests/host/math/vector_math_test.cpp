#include "host/math/vector_math.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "host/random.hpp"

namespace embrace {
namespace {

constexpr std::int64_t widths[] = {1, 5, 15, 16, 17, 31, 32, 33, 64, 100, 130};

std::vector<float> normals(std::int64_t count, std::uint64_t seed) {
  const Random random(seed, Stream::synthetic);
  std::vector<float> out;
  for (std::int64_t k = 0; k < count; ++k) {
    out.push_back(static_cast<float>(random.normal(static_cast<std::uint64_t>(k))));
  }
  return out;
}

// Each of n terms of a float sum errs by 2^-24 of what the sum of sizes has reached.
double bound(double sizes, double n) { return 0x1p-23 * n * sizes + 1e-30; }

TEST(VectorMath, SumsOfRowsOfAnyWidthAndNumber) {
  for (const std::int64_t width : widths) {
    const std::vector<float> rows = normals(20 * width, 1), factors = normals(20, 2);
    std::vector<float> out(static_cast<std::size_t>(4 * width) + 1, 7.0F);
    const std::vector<std::size_t> counts = {3, 0, 1, 16};
    RowSums sums(width);
    for (int run = 0; run < 2; ++run) {  // what the first has listed is forgotten
      std::size_t row = 0;
      for (std::size_t s = 0; s < counts.size(); ++s) {
        for (std::size_t r = 0; r < counts[s]; ++r, ++row) {
          sums.add(&rows[row * static_cast<std::size_t>(width)], factors[row]);
        }
        sums.store_at(&out[s * static_cast<std::size_t>(width)]);
      }
      sums.run();
    }
    std::size_t first = 0;
    for (std::size_t s = 0; s < counts.size(); first += counts[s], ++s) {
      for (std::size_t k = 0; k < static_cast<std::size_t>(width); ++k) {
        double expected = 0, sizes = 0;
        for (std::size_t r = first; r < first + counts[s]; ++r) {
          const double term =
              static_cast<double>(factors[r]) * static_cast<double>(rows[r * static_cast<std::size_t>(width) + k]);
          expected += term;
          sizes += std::abs(term);
        }
        EXPECT_NEAR(static_cast<double>(out[s * static_cast<std::size_t>(width) + k]), expected,
                    bound(sizes, static_cast<double>(counts[s] + 1)))
            << "sum " << s << " column " << k << " of " << width;
      }
    }
    EXPECT_EQ(out.back(), 7.0F);
  }
}

// The step errs by a few roundings and by the inverse root, all below 2^-20 of it.
TEST(VectorMath, AdagradAgreesWithItsFormula) {
  for (const std::int64_t width : widths) {
    const auto n = static_cast<std::size_t>(width) + 1;
    const std::vector<float> g = normals(width + 1, 3), before = normals(width + 1, 4);
    std::vector<float> weights = before, sums(n);
    for (std::size_t k = 0; k < n; ++k) sums[k] = std::exp(3 * std::abs(g[n - 1 - k]));
    const std::vector<float> sums_before = sums;
    constexpr float penalty = 0.3F, rate = 0.1F;
    const AdagradRow row{g.data(), g.back(), penalty, rate, sums.data(), weights.data()};
    adagrad({&row, 1}, width);
    for (std::size_t k = 0; k < n; ++k) {
      const double w = static_cast<double>(before[k]);
      const double gradient = static_cast<double>(g[k]) + static_cast<double>(penalty) * w;
      const double sum = static_cast<double>(sums_before[k]) + gradient * gradient;
      const double step = static_cast<double>(rate) * gradient / std::sqrt(sum);
      EXPECT_NEAR(static_cast<double>(sums[k]), sum, 0x1p-20 * sum);
      EXPECT_NEAR(static_cast<double>(weights[k]), w - step, 0x1p-23 * std::abs(w) + 0x1p-20 * 0.1)
          << k << " " << width;
    }
  }
}

// A few ulp of each value; softplus of large negative x is exp(x), small beside 1 but not beside itself.
TEST(VectorMath, SoftplusAndSigmoid) {
  std::vector<float> x;
  for (int k = -60; k <= 60; ++k) x.push_back(0.5F * static_cast<float>(k));
  x.push_back(200.0F);
  x.push_back(-200.0F);
  std::vector<float> softplus(x.size()), sigmoid(x.size());
  logistic(x.data(), static_cast<std::int64_t>(x.size()), softplus.data(), sigmoid.data());
  for (std::size_t k = 0; k < x.size(); ++k) {
    const double value = static_cast<double>(x[k]);
    const double expected = value > 0 ? value + std::log1p(std::exp(-value)) : std::log1p(std::exp(value));
    EXPECT_NEAR(static_cast<double>(softplus[k]), expected, 4e-7 * expected + 1e-37) << value;
    EXPECT_NEAR(static_cast<double>(sigmoid[k]), 1 / (1 + std::exp(-value)), 4e-7 / (1 + std::exp(-value)) + 1e-37)
        << value;
  }
  const float nan = std::numeric_limits<float>::quiet_NaN();
  logistic(&nan, 1, softplus.data(), sigmoid.data());
  EXPECT_TRUE(std::isnan(softplus[0]));
}

}  // namespace
}  // namespace embrace
