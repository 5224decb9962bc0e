// The randomized SVD against a plain one in double, and its promises.
#include "host/math/randomized_svd.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "host/math/sparse_product.hpp"
#include "host/random.hpp"
#include "host/sparse.hpp"
#include "tests/reference/plain_neighbors.hpp"
#include "tests/reference/plain_svd.hpp"
#include "tests/same_bits.hpp"
#include "tests/svd_matrices.hpp"

namespace embrace {
namespace {

using test::Dense, test::product_of_columns, test::some_matrix;

void expect_orthonormal(const Matrix& m, std::int64_t columns) {
  for (std::int64_t a = 0; a < columns; ++a) {
    for (std::int64_t b = 0; b <= a; ++b) {
      // Sums of products of floats whose rotations were rounded to floats: some roundings each.
      EXPECT_NEAR(product_of_columns(m, a, b), a == b ? 1 : 0, 2e-5) << a << ", " << b;
    }
  }
}

TEST(RandomizedSvd, ValuesAndVectorsAreThoseOfTheMatrix) {
  Threads threads(2);
  for (const auto& [rows, columns] : {std::pair{300, 60}, std::pair{60, 300}, std::pair{600, 70}}) {
    const Csr matrix = some_matrix(rows, columns);
    const bool wide = columns > rows;
    const test::PlainSvd expected =
        test::plain_svd(test::dense_of(wide ? transposed(matrix.view()).view() : matrix.view()));
    const Svd svd = randomized_svd(matrix.view(), {.rank = 12, .seed = 3}, threads);
    ASSERT_EQ(svd.values.size(), 12);
    EXPECT_LT(expected.values[23], 0.92 * expected.values[11]);
    for (std::int64_t k = 0; k < 12; ++k) {
      const auto at = static_cast<std::size_t>(k);
      // The 24th value is below 0.92 of the 12th: q² = 1.18 and T(1.36)² = 36 an iteration, three of which shrink by
      // 46,000 what the start fell short by.
      EXPECT_NEAR(static_cast<double>(svd.values[k]), expected.values[at], 3e-5 * expected.values[at]) << k;
    }
    expect_orthonormal(svd.right, 12);
    expect_orthonormal(svd.left, 12);
    const Matrix& narrow = wide ? svd.left : svd.right;
    double first = 0;
    for (std::int64_t c = 0; c < narrow.rows(); ++c) {
      first += static_cast<double>(narrow(c, 0)) * expected.right[0][static_cast<std::size_t>(c)];
    }
    EXPECT_NEAR(std::fabs(first), 1, 1e-5);
  }
}

TEST(RandomizedSvd, ASmallMatrixIsWhatItsPartsMultiplyTo) {
  Threads threads(2);
  const Csr matrix = some_matrix(30, 14);
  const Dense expected = test::dense_of(matrix.view());
  const Svd svd = randomized_svd(matrix.view(), {.rank = 14, .seed = 1}, threads);
  for (std::int64_t r = 0; r < 30; ++r) {
    for (std::int64_t c = 0; c < 14; ++c) {
      double sum = 0;
      for (std::int64_t k = 0; k < 14; ++k) {
        sum += static_cast<double>(svd.left(r, k)) * static_cast<double>(svd.values[k]) *
               static_cast<double>(svd.right(c, k));
      }
      EXPECT_NEAR(sum, expected[static_cast<std::size_t>(r)][static_cast<std::size_t>(c)], 1e-4) << r << ", " << c;
    }
  }
}

TEST(RandomizedSvd, WhatIsBeyondTheRankOfTheMatrixIsZero) {
  Threads threads(2);
  std::vector<std::int32_t> row, column;
  std::vector<float> value;
  for (std::int32_t r = 0; r < 50; ++r) {
    for (std::int32_t c = 0; c < 20; ++c) {
      row.push_back(r);
      column.push_back(c);
      value.push_back(static_cast<float>((1 + r % 5) * (1 + c % 3) + (r % 2) * (c % 7)));  // rank 2
    }
  }
  const Csr matrix = csr_from_triples(50, 20, row, column, value);
  const test::PlainSvd expected = test::plain_svd(test::dense_of(matrix.view()));
  const Svd svd = randomized_svd(matrix.view(), {.rank = 30, .seed = 1}, threads);
  for (std::int64_t k = 0; k < 30; ++k) {
    const double value_there = k < 2 ? expected.values[static_cast<std::size_t>(k)] : 0;
    EXPECT_NEAR(static_cast<double>(svd.values[k]), value_there, 1e-5 * value_there) << k;
    for (std::int64_t c = 0; c < 20 && k >= 2; ++c) EXPECT_EQ(svd.right(c, k), 0);
    for (std::int64_t r = 0; r < 50 && k >= 2; ++r) EXPECT_EQ(svd.left(r, k), 0);
  }
  expect_orthonormal(svd.right, 2);
  expect_orthonormal(svd.left, 2);
}

TEST(RandomizedSvd, AMatrixOfNothingHasNothing) {
  Threads threads(1);
  const Csr empty{{0, 0, 0}, {}, {}, 3}, none{{0}, {}, {}, 0};
  for (const float value : randomized_svd(empty.view(), {.rank = 2}, threads).values) EXPECT_EQ(value, 0);
  EXPECT_EQ(randomized_svd(none.view(), {.rank = 2}, threads).left.size(), 0);
}

TEST(RandomizedSvd, TheLargestElementOfARightVectorIsPositive) {
  Threads threads(1);
  const Csr matrix = some_matrix(80, 40);
  const Svd svd = randomized_svd(matrix.view(), {.rank = 5, .seed = 2}, threads);
  for (std::int64_t k = 0; k < 5; ++k) {
    float highest = 0, lowest = 0;
    for (std::int64_t c = 0; c < 40; ++c) {
      highest = std::max(highest, svd.right(c, k));
      lowest = std::min(lowest, svd.right(c, k));
    }
    EXPECT_GE(highest, -lowest) << k;
  }
}

TEST(RandomizedSvd, GivesTheSameBitsForAnyNumberOfThreads) {
  const Csr matrix = some_matrix(700, 90);
  EXPECT_TRUE(test::same_bits_for_any_threads(
      [&](int count) {
        Threads threads(count);
        const Svd svd = randomized_svd(matrix.view(), {.rank = 21, .seed = 5}, threads);
        std::vector<float> all(svd.left.data(), svd.left.data() + svd.left.size());
        all.insert(all.end(), svd.right.data(), svd.right.data() + svd.right.size());
        all.insert(all.end(), svd.values.begin(), svd.values.end());
        return all;
      },
      test::sanitized ? 1 : 5));
}

TEST(SparseProduct, IsTheSumOverTheEntriesOfARow) {
  const Csr matrix = some_matrix(90, 33);
  const Dense expected = test::dense_of(matrix.view());
  Matrix x(33, 19), out(90, 19);
  const Random random(1, Stream::synthetic);
  for (std::int64_t e = 0; e < x.size(); ++e) {
    x.data()[e] = static_cast<float>(random.normal(static_cast<std::uint64_t>(e)));
  }
  Threads threads(2);
  multiply_sparse(matrix.view(), x.view(), out.view(), threads);
  for (std::int64_t r = 0; r < 90; ++r) {
    for (std::int64_t c = 0; c < 19; ++c) {
      double sum = 0;
      for (std::int64_t k = 0; k < 33; ++k) {
        sum += expected[static_cast<std::size_t>(r)][static_cast<std::size_t>(k)] * static_cast<double>(x(k, c));
      }
      EXPECT_NEAR(static_cast<double>(out(r, c)), sum, 1e-5) << r << ", " << c;
    }
  }
}

}  // namespace
}  // namespace embrace
