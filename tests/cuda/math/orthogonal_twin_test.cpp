// Orthonormal columns and singular vectors on the device against those of the host, which tests/host/math compares with
// plain ones in double.
#include <cmath>
#include <utility>

#include "cuda/math/orthogonal.hpp"
#include "cuda/math/randomized_svd.hpp"
#include "host/math/orthogonal.hpp"
#include "host/random.hpp"
#include "host/sparse.hpp"
#include "tests/cuda/gpu_test.hpp"
#include "tests/svd_matrices.hpp"

namespace embrace::gpu {
namespace {

using test::product_of_columns, test::some_matrix;

class OrthogonalTwinTest : public test::GpuTest {};

/// Normal numbers; column 2 is the sum of the two before it.
Matrix some_columns(std::int64_t rows, std::int64_t columns) {
  const Random random(4, Stream::synthetic);
  Matrix x(rows, columns);
  for (std::int64_t k = 0; k < x.size(); ++k) {
    x.data()[k] = static_cast<float>(random.normal(static_cast<std::uint64_t>(k)));
  }
  for (std::int64_t r = 0; r < rows && columns > 2; ++r) x(r, 2) = x(r, 0) + x(r, 1);
  return x;
}

// The last matrix has five rows more than are taken at a time.
TEST_F(OrthogonalTwinTest, TrianglesAndColumnsAreThoseOfTheHost) {
  Threads threads(2);
  for (const auto& [rows, columns] : {std::pair{1, 1}, {40, 3}, {300, 17}, {33, 32}, {16'389, 64}}) {
    SCOPED_TRACE(columns);
    Matrix x = some_columns(rows, columns);
    DeviceMatrix on_gpu(device(), rows, columns);
    on_gpu.upload(device(), x.view());
    const Array<double> cpu = embrace::triangle_of(x.view(), threads);
    const Array<double> gpu = triangle_of(device(), std::as_const(on_gpu).view());
    ASSERT_EQ(gpu.size(), cpu.size());
    // Sums of doubles in another order; columns are some √rows long.
    for (std::int64_t e = 0; e < cpu.size(); ++e) EXPECT_NEAR(gpu[e], cpu[e], 1e-10 * rows) << e;
    EXPECT_TRUE(columns <= 2 || gpu[2 * columns + 2] == 0);
    embrace::orthonormalize(x.view(), cpu, threads);
    orthonormalize(device(), on_gpu.view(), gpu);
    const Matrix found = download(device(), on_gpu);
    for (std::int64_t k = 0; k < x.size(); ++k) {
      ASSERT_NEAR(static_cast<double>(found.data()[k]), static_cast<double>(x.data()[k]), 1e-7) << k;  // an ulp of 1
    }
    for (std::int64_t r = 0; r < rows && columns > 2; ++r) ASSERT_EQ(found(r, 2), 0) << r;
    for (std::int64_t a = 0; a < columns; ++a) {
      for (std::int64_t b = 0; b <= a; ++b) {
        EXPECT_NEAR(product_of_columns(found, a, b), a == b && a != 2 ? 1 : 0, 1e-5) << a << ", " << b;
      }
    }
  }
}

void expect_same_svd(const Csr& matrix, const SvdSettings& settings, double tolerance) {
  Threads threads(2);
  Device device(0);  // whose peak is this
  const Csr by_column = transposed(matrix.view());
  const Svd cpu = randomized_svd(matrix.view(), by_column.view(), settings, threads);
  const DeviceCsr rows(device, matrix.view()), columns(device, by_column.view());
  const RowPlan row_plan(device, matrix.view()), column_plan(device, by_column.view());
  const std::int64_t before = device.used_bytes();
  const RightSvd gpu =
      randomized_svd(device, {rows.view(), row_plan.view()}, {columns.view(), column_plan.view()}, settings, threads);
  EXPECT_LE(device.peak_bytes() - before, randomized_svd_bytes(matrix.view(), by_column.view(), settings));
  ASSERT_EQ(gpu.values.size(), cpu.values.size());
  for (std::int64_t k = 0; k < cpu.values.size(); ++k) {
    EXPECT_NEAR(static_cast<double>(gpu.values[k]), static_cast<double>(cpu.values[k]),
                1e-5 * static_cast<double>(cpu.values[0]))
        << k;
  }
  const Matrix right = download(device, gpu.right);
  ASSERT_EQ(right.rows(), cpu.right.rows());
  for (std::int64_t k = 0; k < right.size(); ++k) {
    ASSERT_NEAR(static_cast<double>(right.data()[k]), static_cast<double>(cpu.right.data()[k]), tolerance) << k;
  }
}

// From the same start the same steps: roundings of 1e-7, by how far a value is from the next one.
TEST_F(OrthogonalTwinTest, SingularVectorsAreThoseOfTheHost) {
  for (const auto& [rows, columns] : {std::pair{300, 60}, {60, 300}, {2500, 70}, {30, 14}}) {
    SCOPED_TRACE(rows);
    expect_same_svd(some_matrix(rows, columns), {.rank = 6, .seed = 3}, 1e-3);
  }
  // More directions than the signs of one random number.
  expect_same_svd(some_matrix(400, 200), {.rank = 3, .oversampling = 140, .power_iterations = 1, .seed = 3}, 1e-3);
}

TEST_F(OrthogonalTwinTest, WhatIsBeyondTheRankOfTheMatrixIsZero) {
  std::vector<std::int32_t> row, column;
  std::vector<float> value;
  for (std::int32_t r = 0; r < 50; ++r) {
    for (std::int32_t c = 0; c < 20; ++c) {
      row.push_back(r);
      column.push_back(c);
      value.push_back(static_cast<float>((1 + r % 5) * (1 + c % 3) + (r % 2) * (c % 7)));  // rank 2
    }
  }
  expect_same_svd(csr_from_triples(50, 20, row, column, value), {.rank = 30, .seed = 1}, 1e-5);
}

TEST_F(OrthogonalTwinTest, AMatrixOfNothingHasNothing) {
  expect_same_svd(Csr{{0, 0, 0}, {}, {}, 3}, {.rank = 2}, 0);
  expect_same_svd(Csr{{0}, {}, {}, 0}, {.rank = 2}, 0);
}

}  // namespace
}  // namespace embrace::gpu
