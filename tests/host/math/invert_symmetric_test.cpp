// The inverse of symmetric matrices against plain elimination in double, and its promises.
#include "host/math/invert_symmetric.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "host/error.hpp"
#include "host/matrix.hpp"
#include "host/random.hpp"
#include "tests/reference/plain_inverse.hpp"
#include "tests/same_bits.hpp"

namespace embrace {
namespace {

/// Σ x x' over 2 n sparse rows of zeros and ones, and `ridge` on the diagonal: what ease inverts.
Matrix counts_with_ridge(std::int64_t n, float ridge) {
  const Random random(5, Stream::synthetic);
  Matrix m(n, n);
  for (std::int64_t row = 0; row < 2 * n; ++row) {
    std::vector<std::int64_t> ones;
    for (std::int64_t c = 0; c < n; ++c) {
      if (random.uniform(static_cast<std::uint64_t>(row * n + c)) < 0.1) ones.push_back(c);
    }
    for (const std::int64_t a : ones) {
      for (const std::int64_t b : ones) m(a, b) += 1;
    }
  }
  for (std::int64_t r = 0; r < n; ++r) m(r, r) += ridge;
  return m;
}

std::vector<float> values(const Matrix& m) { return {m.data(), m.data() + m.size()}; }

std::vector<float> inverse_by(int threads, Matrix m) {
  Threads pool(threads);
  invert_symmetric(m.view(), pool);
  return values(m);
}

TEST(InvertSymmetric, AgreesWithPlainElimination) {
  // Sizes around tiles of 32 and of 192.
  for (const std::int64_t n : {1, 2, 31, 32, 33, 64, 65, 191, 192, 193, 300, 384, 385}) {
    Matrix m = counts_with_ridge(n, 2);
    const test::Dense expected = test::plain_inverse(test::to_dense(m.view()));
    // Norms of Frobenius bound the condition. An element errs by n roundings, each enlarged by the condition at most,
    // relative to the largest element of the inverse.
    double norm = 0, norm_of_inverse = 0, largest = 0;
    for (std::int64_t e = 0; e < n * n; ++e) {
      const double element = static_cast<double>(m.data()[e]);
      const double of_inverse = expected[static_cast<std::size_t>(e / n)][static_cast<std::size_t>(e % n)];
      norm += element * element;
      norm_of_inverse += of_inverse * of_inverse;
      largest = std::max(largest, std::fabs(of_inverse));
    }
    const double bound = static_cast<double>(n) * 0x1p-24 * std::sqrt(norm * norm_of_inverse) * largest;
    for (std::int64_t r = 0; r < n; ++r) {
      for (std::int64_t c = r + 1; c < n; ++c) m(r, c) = std::numeric_limits<float>::quiet_NaN();  // is not read
    }
    const std::vector<float> inverse = inverse_by(2, m);
    const auto size = static_cast<std::size_t>(n);
    for (std::size_t e = 0; e < size * size; ++e) {
      ASSERT_NEAR(static_cast<double>(inverse[e]), expected[e / size][e % size], bound) << "element " << e << ", " << n;
    }
  }
}

TEST(InvertSymmetric, IsSymmetric) {
  const std::int64_t n = 300;
  const std::vector<float> inverse = inverse_by(2, counts_with_ridge(n, 2));
  for (std::int64_t r = 0; r < n; ++r) {
    for (std::int64_t c = 0; c < r; ++c) {
      ASSERT_EQ(inverse[static_cast<std::size_t>(r * n + c)], inverse[static_cast<std::size_t>(c * n + r)]);
    }
  }
}

TEST(InvertSymmetric, GivesTheSameBitsForAnyNumberOfThreads) {
  const Matrix m = counts_with_ridge(300, 2);
  const std::vector<float> expected = inverse_by(1, m);
  for (int run = 0; run < (test::sanitized ? 1 : 5); ++run) {
    for (const int threads : {2, 3, 8}) EXPECT_TRUE(test::same_bits(inverse_by(threads, m), expected)) << threads;
  }
}

TEST(InvertSymmetric, PowersOfTwoOnTheDiagonalAreExact) {
  const std::int64_t n = 300;
  Matrix m(n, n);
  for (std::int64_t r = 0; r < n; ++r) m(r, r) = std::ldexp(1.0F, static_cast<int>(r % 41 - 20));
  const std::vector<float> inverse = inverse_by(2, m);
  for (std::int64_t r = 0; r < n; ++r) {
    for (std::int64_t c = 0; c < n; ++c) {
      ASSERT_EQ(inverse[static_cast<std::size_t>(r * n + c)], r == c ? 1 / m(r, r) : 0.0F) << r << ", " << c;
    }
  }
}

TEST(InvertSymmetric, RowsMayHaveAStride) {
  const std::int64_t n = 130, stride = 137;
  const Matrix m = counts_with_ridge(n, 2);
  Matrix wide(n, stride);
  for (std::int64_t r = 0; r < n; ++r) {
    for (std::int64_t c = 0; c < stride; ++c) wide(r, c) = c < n ? m(r, c) : 7.0F;
  }
  Threads threads(2);
  invert_symmetric({wide.data(), n, n, stride}, threads);
  const std::vector<float> expected = inverse_by(2, m);
  for (std::int64_t r = 0; r < n; ++r) {
    for (std::int64_t c = 0; c < stride; ++c) {
      ASSERT_EQ(wide(r, c), c < n ? expected[static_cast<std::size_t>(r * n + c)] : 7.0F);
    }
  }
}

TEST(InvertSymmetric, AnEmptyMatrixIsItsOwnInverse) { EXPECT_TRUE(inverse_by(2, Matrix()).empty()); }

TEST(InvertSymmetric, WhatHasNoInverseIsRefused) {
  const std::int64_t n = 200;
  const Matrix good = counts_with_ridge(n, 2);
  const auto with = [&](std::int64_t r, std::int64_t c, float value) {
    Matrix m = good;
    m(r, c) = value;
    return m;
  };
  constexpr float infinity = std::numeric_limits<float>::infinity();
  for (const auto& [r, c] : {std::pair{0, 0}, std::pair{40, 40}, std::pair{199, 199}, std::pair{150, 3}}) {
    for (const float value : {std::numeric_limits<float>::quiet_NaN(), infinity, -infinity, 1e30F, -1e30F}) {
      if (r == c && value == 1e30F) continue;  // positive definite
      EXPECT_THROW(inverse_by(2, with(r, c, value)), Diverged) << r << ", " << c << ": " << value;
    }
  }
  EXPECT_THROW(inverse_by(2, with(199, 199, 0)), Diverged);
  EXPECT_THROW(inverse_by(2, Matrix(3, 3)), Diverged);
  Matrix small(2, 2);  // 1 / 1e-40 is beyond floats
  small(0, 0) = 1;
  small(1, 1) = 1e-40F;
  EXPECT_THROW(inverse_by(2, small), Diverged);
  try {
    inverse_by(2, with(150, 150, -1));
    FAIL();
  } catch (const Diverged& error) {
    EXPECT_STREQ(error.what(), "a matrix to be inverted is not positive definite at row 150");
  }
}

}  // namespace
}  // namespace embrace
