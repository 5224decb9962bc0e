#include "host/math/principal_axes.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "host/random.hpp"

namespace embrace {
namespace {

/// Σ_k decay^k q_k q_k' for random vectors q_k.
Array<double> some_matrix(std::int64_t n, double decay) {
  const Random random(1, Stream::features);
  Array<double> a(n * n, 0.0), q(n);
  double weight = 1;
  for (std::int64_t k = 0; k < n; ++k, weight *= decay) {
    for (std::int64_t r = 0; r < n; ++r) q[r] = random.normal(static_cast<std::uint64_t>(k * n + r));
    for (std::int64_t r = 0; r < n; ++r) {
      for (std::int64_t c = 0; c < n; ++c) a[r * n + c] += weight * q[r] * q[c];
    }
  }
  return a;
}

/// |A x - value x| of the axis, over the largest value.
double residual(const Array<double>& a, const PrincipalAxes& found, std::int64_t axis, std::int64_t n) {
  double sum = 0;
  for (std::int64_t r = 0; r < n; ++r) {
    double moved = -found.values[axis] * found.axes[axis * n + r];
    for (std::int64_t c = 0; c < n; ++c) moved += a[r * n + c] * found.axes[axis * n + c];
    sum += moved * moved;
  }
  return std::sqrt(sum) / found.values[0];
}

void expect_axes(std::int64_t n, std::int64_t count, double tolerance) {
  const Array<double> a = some_matrix(n, 0.9);
  const PrincipalAxes found = principal_axes(a, n, count);
  ASSERT_EQ(found.values.size(), count);
  for (std::int64_t k = 0; k < count; ++k) {
    EXPECT_LT(residual(a, found, k, n), tolerance) << k;
    if (k > 0) EXPECT_GE(found.values[k - 1], found.values[k]);
    for (std::int64_t o = 0; o <= k; ++o) {
      double product = 0;
      for (std::int64_t r = 0; r < n; ++r) product += found.axes[k * n + r] * found.axes[o * n + r];
      EXPECT_NEAR(product, k == o ? 1 : 0, 1e-9) << k << " " << o;
    }
  }
}

TEST(PrincipalAxes, OfASmallMatrixAreExact) { expect_axes(20, 20, 1e-12); }

// Subspace iteration stops when values move by a millionth of the largest; a vector's residual is about the root of it.
TEST(PrincipalAxes, OfALargeMatrixAreTheLargestOnes) { expect_axes(230, 24, 2e-3); }

TEST(PrincipalAxes, BothWaysAgreeOnTheValues) {
  // Beside 200 zeros the 20 axes of the small matrix stay.
  const std::int64_t n = 20, wide = 220;
  const Array<double> small = some_matrix(n, 0.8);
  Array<double> large(wide * wide, 0.0);
  for (std::int64_t r = 0; r < n; ++r) {
    for (std::int64_t c = 0; c < n; ++c) large[r * wide + c] = small[r * n + c];
  }
  const PrincipalAxes a = principal_axes(small, n, 10), b = principal_axes(large, wide, 10);
  for (std::int64_t k = 0; k < 10; ++k) EXPECT_NEAR(a.values[k], b.values[k], 1e-4 * a.values[0]) << k;
}

TEST(PrincipalAxes, OfZerosAreAxesAllTheSame) {
  const PrincipalAxes found = principal_axes(Array<double>(9, 0.0), 3, 2);
  EXPECT_EQ(found.values[0], 0.0);
  EXPECT_EQ(found.axes.size(), 6);
}

}  // namespace
}  // namespace embrace
