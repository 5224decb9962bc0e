// The plan for rows, and sums over rows and arrays, against plain loops. Inputs are whole numbers: sums are exact in
// any order, so equality is demanded.
#include "cuda/math/rows.cuh"

#include <numeric>

#include "cuda/math/sums.hpp"
#include "host/random.hpp"
#include "host/sparse.hpp"
#include "tests/cuda/gpu_test.hpp"

namespace embrace::gpu {
namespace {

class RowsTest : public test::GpuTest {};
class SumTest : public test::GpuTest {};

Csr rows_of_sizes(const std::vector<std::int64_t>& sizes) {
  const Random random(5, Stream::sampling);
  Csr matrix;
  matrix.columns = 1000;
  for (const std::int64_t size : sizes) {
    for (std::int64_t e = 0; e < size; ++e) {
      const auto number = static_cast<std::uint64_t>(matrix.entries());
      matrix.indices.push_back(static_cast<std::int32_t>(random.below(1000, number, 0)));
      matrix.values.push_back(static_cast<float>(random.below(10, number, 1)) + 1.0F);
    }
    matrix.offsets.push_back(matrix.entries());
  }
  return matrix;
}

struct TimesColumn {
  __device__ double operator()(std::int32_t column, float value) const { return value * static_cast<double>(column); }
};
struct Store {
  DeviceSpan<double> sums;
  DeviceSpan<std::int64_t> sizes;
  __device__ void operator()(std::int64_t row, double sum, std::int64_t size) const {
    sums[row] = sum;
    sizes[row] = size;
  }
};

void expect_right_sums(Device& device, const Csr& matrix) {
  const DeviceCsr rows(device, matrix.view());
  const RowPlan plan(device, matrix.view());
  DeviceBuffer<double> sums(device, matrix.rows());
  DeviceBuffer<std::int64_t> sizes(device, matrix.rows());
  reduce_rows(device, rows.view(), plan.view(), TimesColumn{}, Store{sums.span(), sizes.span()});
  const auto sum = sums.download();
  const auto size = sizes.download();
  const CsrView view = matrix.view();
  for (std::int64_t r = 0; r < matrix.rows(); ++r) {
    double expected = 0;
    for (std::int64_t e = view.offsets[r]; e < view.offsets[r + 1]; ++e) {
      expected += static_cast<double>(view.values[e]) * view.indices[e];
    }
    ASSERT_EQ(sum[static_cast<std::size_t>(r)], expected) << "row " << r << " of " << matrix.rows();
    ASSERT_EQ(size[static_cast<std::size_t>(r)], view.row_size(r)) << "row " << r;
  }
}

TEST_F(RowsTest, SumsOfRowsOfEverySize) {
  expect_right_sums(device(), rows_of_sizes({}));
  expect_right_sums(device(), rows_of_sizes({0}));
  expect_right_sums(device(), rows_of_sizes({1}));
  // The borders of the bins, and of the pieces of a long row.
  expect_right_sums(device(), rows_of_sizes({0, 1,    7,    8,    9,    31,   32,   33,   63,   64,   65,
                                             0, 2047, 2048, 2049, 4095, 4096, 4097, 8192, 8193, 20000}));
  for (const std::int64_t rows : {31, 32, 33, 64, 257}) {
    std::vector<std::int64_t> sizes(static_cast<std::size_t>(rows));
    std::iota(sizes.begin(), sizes.end(), 0);
    expect_right_sums(device(), rows_of_sizes(sizes));
  }
}

TEST_F(RowsTest, OneRowWithAllTheRatings) {
  std::vector<std::int64_t> sizes(100, 0);
  sizes[37] = 100'000;
  expect_right_sums(device(), rows_of_sizes(sizes));
}

TEST_F(RowsTest, EveryRowIsPlannedOnceAndWithinTheBytesPromised) {
  const Csr matrix = rows_of_sizes({5000, 0, 32, 33, 2048, 2049, 12288, 1});
  const CsrView host = matrix.view();
  const std::int64_t before = device().used_bytes();
  const RowPlan plan(device(), host);
  EXPECT_LE(device().used_bytes() - before, RowPlan::bytes(host));
  const RowPlanView view = plan.view();
  std::vector<int> seen(static_cast<std::size_t>(matrix.rows()), 0);
  const auto note = [&](DeviceSpan<const std::int32_t> list, std::int64_t shortest, std::int64_t longest) {
    std::vector<std::int32_t> rows(static_cast<std::size_t>(list.size));
    device().download(list, Span(rows));
    for (const std::int32_t row : rows) {
      ++seen[static_cast<std::size_t>(row)];
      EXPECT_GE(host.row_size(row), shortest);
      EXPECT_LE(host.row_size(row), longest);
    }
  };
  note(view.short_rows, 0, 32);
  note(view.medium_rows, 33, 2048);
  std::vector<LongRow> long_rows(static_cast<std::size_t>(view.long_rows.size));
  std::vector<RowPiece> pieces(static_cast<std::size_t>(view.pieces.size));
  device().download(view.long_rows, Span(long_rows));
  device().download(view.pieces, Span(pieces));
  for (std::size_t owner = 0; owner < long_rows.size(); ++owner) {
    const LongRow& row = long_rows[owner];
    ++seen[static_cast<std::size_t>(row.row)];
    std::int64_t next = host.offsets[row.row];
    for (std::int32_t p = row.first; p < row.last; ++p) {
      const RowPiece& piece = pieces[static_cast<std::size_t>(p)];
      EXPECT_EQ(piece.begin, next);
      EXPECT_LE(piece.end - piece.begin, RowPlan::longest_piece);
      EXPECT_EQ(piece.row, row.row);
      EXPECT_EQ(piece.owner, static_cast<std::int32_t>(owner));
      next = piece.end;
    }
    EXPECT_EQ(next, host.offsets[row.row + 1]);
  }
  EXPECT_EQ(seen, std::vector<int>(seen.size(), 1));
}

TEST_F(SumTest, SumsOfArraysOfEverySize) {
  for (const std::size_t size : {0U, 1U, 31U, 32U, 33U, 64U, 255U, 256U, 257U, 2049U, 3'000'000U}) {
    std::vector<float> values(size);
    double expected = 0, squares = 0;
    for (std::size_t i = 0; i < size; ++i) {
      values[i] = static_cast<float>(i % 17) - 5.0F;
      expected += static_cast<double>(values[i]);
      squares += static_cast<double>(values[i]) * static_cast<double>(values[i]);
    }
    const DeviceBuffer<float> buffer = on_device(values);
    EXPECT_EQ(sum(device(), buffer.span()), expected) << size;
    EXPECT_EQ(sum_of_squares(device(), buffer.span()), squares) << size;
  }
}

}  // namespace
}  // namespace embrace::gpu
