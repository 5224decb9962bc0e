// The inverse of symmetric matrices on the device, counts of columns together and sums of rows, against plain loops.
#include <algorithm>
#include <cmath>
#include <limits>
#include <tuple>
#include <utility>

#include "cuda/math/count_together.hpp"
#include "cuda/math/invert_symmetric.hpp"
#include "cuda/math/row_sums.hpp"
#include "host/error.hpp"
#include "host/random.hpp"
#include "host/sparse.hpp"
#include "tests/cuda/gpu_test.hpp"
#include "tests/reference/plain_inverse.hpp"

namespace embrace::gpu {
namespace {

/// Ones in a tenth of the cells, the last row and column empty.
Csr some_ones(std::int64_t rows, std::int64_t columns) {
  const Random random(5, Stream::synthetic);
  std::vector<std::int32_t> row, column;
  for (std::int64_t r = 0; r + 1 < rows; ++r) {
    for (std::int64_t c = 0; c + 1 < columns; ++c) {
      if (random.uniform(static_cast<std::uint64_t>(r * columns + c)) >= 0.1) continue;
      row.push_back(static_cast<std::int32_t>(r));
      column.push_back(static_cast<std::int32_t>(c));
    }
  }
  return csr_from_triples(rows, columns, row, column, std::vector<float>(row.size(), 3.0F));
}

/// Of all pairs of columns, by plain loops.
Matrix plain_counts(CsrView rows) {
  Matrix counts(rows.columns, rows.columns);
  for (std::int64_t r = 0; r < rows.rows; ++r) {
    for (const std::int32_t a : rows.row_indices(r)) {
      for (const std::int32_t b : rows.row_indices(r)) counts(a, b) += 1;
    }
  }
  return counts;
}

class InverseTwinTest : public test::GpuTest {
 protected:
  Matrix inverse(const Matrix& m) {
    DeviceMatrix on(device(), m.rows(), m.columns());
    on.upload(device(), m.view());
    invert_symmetric(device(), on.view());
    return download(device(), on);
  }
};

TEST_F(InverseTwinTest, AgreesWithPlainElimination) {
  for (const std::int64_t n : {1, 2, 31, 32, 33, 63, 64, 65, 130, 200}) {
    Matrix m = plain_counts(some_ones(2 * n, n).view());
    for (std::int64_t r = 0; r < n; ++r) m(r, r) += 2;
    const test::Dense expected = test::plain_inverse(test::to_dense(std::as_const(m).view()));
    double norm = 0, norm_of_inverse = 0, largest = 0;
    for (std::int64_t r = 0; r < n; ++r) {
      for (std::int64_t c = 0; c < n; ++c) {
        const double of_inverse = expected[static_cast<std::size_t>(r)][static_cast<std::size_t>(c)];
        norm += std::pow(static_cast<double>(m(r, c)), 2);
        norm_of_inverse += of_inverse * of_inverse;
        largest = std::max(largest, std::fabs(of_inverse));
      }
    }
    // As in tests/host/math/invert_symmetric_test.cpp: n roundings, the condition, the largest element.
    const double bound = static_cast<double>(n) * 0x1p-24 * std::sqrt(norm * norm_of_inverse) * largest;
    for (std::int64_t r = 0; r < n; ++r) {
      for (std::int64_t c = r + 1; c < n; ++c) m(r, c) = 1000;  // is not read
    }
    const Matrix found = inverse(m);
    for (std::int64_t r = 0; r < n; ++r) {
      for (std::int64_t c = 0; c < n; ++c) {
        ASSERT_NEAR(static_cast<double>(found(r, c)),
                    expected[static_cast<std::size_t>(r)][static_cast<std::size_t>(c)], bound)
            << r << ", " << c << " of " << n;
      }
    }
  }
}

TEST_F(InverseTwinTest, ManyColumnsAreTakenInParts) {
  constexpr std::int64_t n = 1100;  // more than a product takes; pairs (r, r + 550) are coupled
  Matrix m(n, n);
  for (std::int64_t r = 0; r < n; ++r) m(r, r) = 2;
  for (std::int64_t r = 0; r < n / 2; ++r) m(r + n / 2, r) = 1;
  const Matrix found = inverse(m);
  for (std::int64_t r = 0; r < n; ++r) {
    for (std::int64_t c = 0; c < n; ++c) {  // of [[2, 1], [1, 2]]: [[2, -1], [-1, 2]] / 3
      const double expected = r == c ? 2.0 / 3 : std::abs(r - c) == n / 2 ? -1.0 / 3 : 0.0;
      ASSERT_NEAR(static_cast<double>(found(r, c)), expected, 4 * 0x1p-24) << r << ", " << c;  // a few roundings
    }
  }
}

TEST_F(InverseTwinTest, WhatHasNoInverseIsRefused) {
  const std::int64_t n = 100;
  Matrix good = plain_counts(some_ones(2 * n, n).view());
  for (std::int64_t r = 0; r < n; ++r) good(r, r) += 2;
  for (const auto& [r, c, value] :
       {std::tuple{80, 80, -1.0F}, {0, 0, 0.0F}, {99, 3, 1e30F}, {70, 70, std::numeric_limits<float>::quiet_NaN()}}) {
    Matrix m = good;
    m(r, c) = value;
    EXPECT_THROW(inverse(m), Diverged) << r << ", " << c << ": " << value;
  }
  Matrix m = good;
  m(80, 80) = -1;
  try {
    inverse(m);
    FAIL();
  } catch (const Diverged& error) {
    EXPECT_STREQ(error.what(), "a matrix to be inverted is not positive definite at row 80");
  }
  EXPECT_TRUE(inverse(Matrix()).size() == 0);
}

TEST_F(InverseTwinTest, CountsOfColumnsTogether) {
  for (const std::int64_t columns : {1, 33, 300}) {
    const Csr rows = some_ones(500, columns);
    const Csr by_column = transposed(rows.view());
    const DeviceCsr on(device(), rows.view()), turned(device(), by_column.view());
    DeviceMatrix counts(device(), columns, columns);
    Matrix sevens(columns, columns);
    for (std::int64_t e = 0; e < sevens.size(); ++e) sevens.data()[e] = 7;
    counts.upload(device(), sevens.view());
    count_together(device(), on.view(), turned.view(), counts.view());
    const Matrix found = download(device(), counts), expected = plain_counts(rows.view());
    for (std::int64_t a = 0; a < columns; ++a) {
      for (std::int64_t b = 0; b < columns; ++b) {
        ASSERT_EQ(found(a, b), b <= a ? expected(a, b) : 7.0F) << a << ", " << b;
      }
    }
  }
}

TEST_F(InverseTwinTest, SumsOfRowsAndOfElements) {
  const std::int64_t columns = 600;  // more than a block's threads, rows of about 60 entries
  const Csr rows = some_ones(40, columns);
  Matrix weights(columns, columns);
  for (std::int64_t e = 0; e < weights.size(); ++e) {
    weights.data()[e] = static_cast<float>(static_cast<int>(e * 7 % 31) - 15);  // sums of whole numbers are exact
  }
  const DeviceCsr on(device(), rows.view());
  DeviceMatrix on_weights(device(), columns, columns);
  on_weights.upload(device(), weights.view());
  const std::vector<std::int32_t> chosen = {5, 39, 0, 5};
  DeviceMatrix out(device(), 4, columns);
  sum_rows(device(), on.view(), std::as_const(on_weights).view(), on_device(chosen).span(), out.view());
  std::vector<std::int32_t> pair_rows, pair_columns;
  std::vector<float> expected;
  for (const std::int32_t row : chosen) {
    for (std::int32_t c = 0; c < columns; ++c) {
      float sum = 0;
      for (const std::int32_t j : rows.view().row_indices(row)) sum += weights(j, c);
      expected.push_back(sum);
      pair_rows.push_back(row);
      pair_columns.push_back(c);
    }
  }
  const Matrix found = download(device(), out);
  EXPECT_EQ(std::vector<float>(found.data(), found.data() + found.size()), expected);
  DeviceBuffer<float> elements(device(), static_cast<std::int64_t>(expected.size()));
  sum_elements(device(), on.view(), std::as_const(on_weights).view(), on_device(pair_rows).span(),
               on_device(pair_columns).span(), elements.span());
  EXPECT_EQ(elements.download(), expected);
}

}  // namespace
}  // namespace embrace::gpu
