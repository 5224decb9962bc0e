// Products of sparse and dense matrices against plain loops in double; of whole numbers all sums are exact, whatever
// their order, so that equality is demanded.
#include "cuda/math/spmm.hpp"

#include <cmath>
#include <numeric>

#include "host/matrix.hpp"
#include "host/random.hpp"
#include "host/sparse.hpp"
#include "tests/cuda/gpu_test.hpp"

namespace embrace::gpu {
namespace {

class SpmmTest : public test::GpuTest {};

constexpr std::int64_t columns = 500;  // of the sparse matrices

/// The borders of the bins of rows, and of the pieces of a long one.
const std::vector<std::int64_t> every_size = {0, 1,    7,    8,    9,    31,   32,   33,   63,   64,   65,
                                              0, 2047, 2048, 2049, 4095, 4096, 4097, 8192, 8193, 20000};

Csr rows_of_sizes(const std::vector<std::int64_t>& sizes, bool whole) {
  const Random random(5, Stream::sampling);
  Csr matrix;
  matrix.columns = columns;
  for (const std::int64_t size : sizes) {
    for (std::int64_t e = 0; e < size; ++e) {
      const auto number = static_cast<std::uint64_t>(matrix.entries());
      matrix.indices.push_back(static_cast<std::int32_t>(random.below(columns, number, 0)));
      const double value = whole ? static_cast<double>(random.below(7, number, 1)) - 3 : random.normal(number, 1);
      matrix.values.push_back(static_cast<float>(value));
    }
    matrix.offsets.push_back(matrix.entries());
  }
  return matrix;
}

Matrix dense(std::int64_t rows, std::int64_t factors, bool whole, std::uint32_t number) {
  const Random random(6, Stream::sampling);
  Matrix matrix(rows, factors);
  for (std::int64_t k = 0; k < matrix.size(); ++k) {
    const auto a = static_cast<std::uint64_t>(k);
    const double value = whole ? static_cast<double>(random.below(9, a, number)) - 4 : random.normal(a, number);
    matrix.data()[k] = static_cast<float>(value);
  }
  return matrix;
}

/// The product, and how large its terms are together.
struct Plain {
  double value = 0;
  double size = 0;
};
Plain plain_product(CsrView matrix, const Matrix& x, const Matrix* addend, double scale, std::int64_t row,
                    std::int64_t k) {
  Plain sum;
  const auto add = [&](double term) {
    sum.value += scale * term;
    sum.size += std::fabs(scale * term);
  };
  if (addend != nullptr) add(static_cast<double>((*addend)(row, k)));
  for (std::int64_t e = matrix.offsets[row]; e < matrix.offsets[row + 1]; ++e) {
    add(static_cast<double>(matrix.values[e]) * static_cast<double>(x(matrix.indices[e], k)));
  }
  return sum;
}

Matrix product_on(Device& device, const Csr& matrix, const Matrix& x, const Matrix* addend, float scale) {
  const DeviceCsr rows(device, matrix.view());
  const RowPlan plan(device, matrix.view());
  DeviceMatrix from(device, x.rows(), x.columns()), more(device, matrix.rows(), x.columns()),
      out(device, matrix.rows(), x.columns());
  from.upload(device, x.view());
  SparseProduct product{
      .matrix = rows.view(), .plan = plan.view(), .x = std::as_const(from).view(), .addend = {}, .scale = scale};
  if (addend != nullptr) {
    more.upload(device, addend->view());
    product.addend = more.view();
  }
  multiply_sparse(device, product, out.view());
  return download(device, out);
}

/// `error`: of a sum of n terms, by the size of its terms.
void expect_right(Device& device, const Csr& matrix, std::int64_t factors, bool whole, double (*error)(std::int64_t)) {
  const CsrView view = matrix.view();
  const Matrix x = dense(columns, factors, whole, 0), addend = dense(matrix.rows(), factors, whole, 1);
  for (const Matrix* more : {static_cast<const Matrix*>(nullptr), &addend}) {
    const double scale = more == nullptr ? 1 : 0.25;
    const Matrix found = product_on(device, matrix, x, more, static_cast<float>(scale));
    for (std::int64_t r = 0; r < matrix.rows(); ++r) {
      for (std::int64_t k = 0; k < factors; ++k) {
        const Plain expected = plain_product(view, x, more, scale, r, k);
        ASSERT_NEAR(static_cast<double>(found(r, k)), expected.value, error(view.row_size(r)) * expected.size)
            << "row " << r << " of " << view.row_size(r) << " entries, column " << k << " of " << factors;
      }
    }
  }
}

double none(std::int64_t) { return 0; }
/// Each number is rounded once by itself, and in at most as many additions as there are terms: half an ulp each.
double roundings(std::int64_t terms) { return std::ldexp(static_cast<double>(terms + 2), -24); }

// Around a quad, and around each number of lanes that share a row; beyond 128 in slices.
TEST_F(SpmmTest, WholeNumbersOfEveryWidthAreExact) {
  const Csr matrix = rows_of_sizes({0, 3, 8, 33, 40, 2049, 0, 4097, 1}, true);
  for (const std::int64_t factors : {1, 3, 4, 5, 31, 32, 33, 64, 65, 128, 129, 260}) {
    expect_right(device(), matrix, factors, true, none);
  }
}

TEST_F(SpmmTest, RowsOfEverySizeAreExact) {
  for (const std::int64_t factors : {6, 64, 130}) {
    expect_right(device(), rows_of_sizes(every_size, true), factors, true, none);
  }
  for (const std::int64_t rows : {1, 31, 33, 257}) {  // more rows of each bin than a block has
    std::vector<std::int64_t> sizes(static_cast<std::size_t>(rows));
    std::iota(sizes.begin(), sizes.end(), 0);
    expect_right(device(), rows_of_sizes(sizes, true), 10, true, none);
  }
}

TEST_F(SpmmTest, AnyNumbersAreThoseOfPlainLoops) {
  for (const std::int64_t factors : {5, 16, 64, 100}) {
    expect_right(device(), rows_of_sizes(every_size, false), factors, false, roundings);
  }
}

TEST_F(SpmmTest, NothingIsNothing) {
  for (const std::size_t rows : {0U, 1U, 3U}) {
    expect_right(device(), rows_of_sizes(std::vector<std::int64_t>(rows, 0), true), 7, true, none);
  }
  EXPECT_EQ(product_on(device(), rows_of_sizes({3}, true), Matrix(columns, 0), nullptr, 1).size(), 0);
}

TEST_F(SpmmTest, TheSameBitsAgain) {
  const Csr matrix = rows_of_sizes(every_size, false);
  const Matrix x = dense(columns, 20, false, 0);
  const Matrix first = product_on(device(), matrix, x, nullptr, 1),
               second = product_on(device(), matrix, x, nullptr, 1);
  for (std::int64_t k = 0; k < first.size(); ++k) ASSERT_EQ(first.data()[k], second.data()[k]) << k;
}

TEST_F(SpmmTest, InPlannedMemory) {
  const Csr matrix = rows_of_sizes(every_size, true);
  Device fresh(0);  // whose peak is this
  const DeviceCsr rows(fresh, matrix.view());
  const RowPlan plan(fresh, matrix.view());
  const DeviceMatrix x(fresh, columns, 33);
  DeviceMatrix out(fresh, matrix.rows(), 33);
  const std::int64_t before = fresh.used_bytes();
  multiply_sparse(fresh, {.matrix = rows.view(), .plan = plan.view(), .x = x.view()}, out.view());
  EXPECT_LE(fresh.peak_bytes() - before, multiply_sparse_bytes(matrix.view(), 33));
  EXPECT_GT(fresh.peak_bytes(), before);
}

}  // namespace
}  // namespace embrace::gpu
