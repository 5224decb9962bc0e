// Products of sparse matrices on the device against plain loops, and nearest rows against those of the host, which
// tests/host/math/neighbors_test.cpp compares with plain loops in double.
#include "cuda/math/neighbors.hpp"

#include <algorithm>
#include <numeric>

#include "cuda/math/row_products.hpp"
#include "host/random.hpp"
#include "host/sparse.hpp"
#include "tests/cuda/gpu_test.hpp"

namespace embrace::gpu {
namespace {

/// Row r has a share of the columns, larger for lower rows; row 5 has none. Values are numbers of a normal law, or
/// whole ones from -3 to 3.
Csr some_rows(std::int64_t rows, std::int64_t columns, double share, bool whole) {
  const Random random(9, Stream::synthetic);
  std::vector<std::int32_t> row, column;
  std::vector<float> value;
  for (std::int64_t r = 0; r < rows; ++r) {
    if (r == 5) continue;
    for (std::int64_t c = 0; c < columns; ++c) {
      const auto place = static_cast<std::uint64_t>(r * columns + c);
      if (random.uniform(place, 1) > share + 1.0 / static_cast<double>(1 + r)) continue;
      row.push_back(static_cast<std::int32_t>(r));
      column.push_back(static_cast<std::int32_t>(c));
      value.push_back(whole ? static_cast<float>(random.below(7, place, 2)) - 3.0F
                            : static_cast<float>(random.normal(place, 2)));
    }
  }
  return csr_from_triples(rows, columns, row, column, value);
}

Csr ones(Csr matrix) {
  std::fill(matrix.values.begin(), matrix.values.end(), 1.0F);
  return matrix;
}

/// Row r of left · right.
std::vector<float> plain_row(const Csr& left, const Csr& right, std::int64_t r) {
  std::vector<float> sums(static_cast<std::size_t>(right.columns));
  for (std::int64_t e = left.offsets[r]; e < left.offsets[r + 1]; ++e) {
    const std::int32_t j = left.indices[e];
    for (std::int64_t f = right.offsets[j]; f < right.offsets[j + 1]; ++f) {
      sums[static_cast<std::size_t>(right.indices[f])] += left.values[e] * right.values[f];
    }
  }
  return sums;
}

class NeighborsTwinTest : public test::GpuTest {
 protected:
  /// Neighbours of rows among themselves. `valued`: else the device gets the matrix without its values.
  Csr nearest(const Csr& matrix, bool valued, const NeighborSettings& settings,
              const std::vector<std::int32_t>& order) {
    const Csr by_column = embrace::transposed(matrix.view());
    const DeviceCsr rows(device(), matrix.view()), turned(device(), by_column.view());
    const auto seen = [&](const DeviceCsr& of) { return valued ? of.view() : without_values(of.view()); };
    const DeviceBuffer<std::int32_t> chosen = on_device(order);
    const NeighborSearch search{
        .rows = seen(rows), .order = chosen.span(), .others = seen(rows), .by_column = seen(turned)};
    return nearest_rows(device(), search, settings).download();
  }
};

Csr on_host(const Csr& matrix, const NeighborSettings& settings) {
  Threads threads(1);
  return embrace::nearest_rows(matrix.view(), embrace::transposed(matrix.view()).view(), true, settings, threads);
}

std::vector<std::int32_t> all_rows(const Csr& matrix) {
  std::vector<std::int32_t> all(static_cast<std::size_t>(matrix.rows()));
  std::iota(all.begin(), all.end(), 0);
  return all;
}

void expect_same(const Csr& found, const Csr& expected) {
  EXPECT_EQ(found.columns, expected.columns);
  EXPECT_EQ(found.offsets, expected.offsets);
  EXPECT_EQ(found.indices, expected.indices);
  EXPECT_EQ(found.values, expected.values);
}

// Rows of more entries than a block has threads, on both sides, and of none. Sums of whole numbers are exact.
TEST_F(NeighborsTwinTest, RowsAndElementsOfProducts) {
  const Csr left = some_rows(8, 300, 0.02, true), right = some_rows(300, 530, 0.01, true);
  for (const bool valued : {true, false}) {
    const Csr a = valued ? left : ones(left), b = valued ? right : ones(right);
    const DeviceCsr on_left(device(), left.view()), on_right(device(), right.view());
    const SparseFactors factors = valued
                                      ? SparseFactors{on_left.view(), on_right.view()}
                                      : SparseFactors{without_values(on_left.view()), without_values(on_right.view())};
    const std::vector<std::int32_t> chosen = {3, 0, 5, 7, 0};
    std::vector<std::int32_t> rows, columns;
    std::vector<float> expected;
    for (const std::int32_t r : chosen) {
      const std::vector<float> sums = plain_row(a, b, r);
      expected.insert(expected.end(), sums.begin(), sums.end());
      for (std::int32_t c = 0; c < right.columns; ++c) {
        rows.push_back(r);
        columns.push_back(c);
      }
    }
    DeviceBuffer<float> sevens = on_device(std::vector<float>(expected.size(), 7.0F));
    multiply_rows(device(), factors, on_device(chosen).span(),
                  {sevens.span().data, static_cast<std::int64_t>(chosen.size()), right.columns, right.columns});
    EXPECT_EQ(sevens.download(), expected);
    DeviceBuffer<float> elements(device(), static_cast<std::int64_t>(expected.size()));
    multiply_elements(device(), factors, on_device(rows).span(), on_device(columns).span(), elements.span());
    EXPECT_EQ(elements.download(), expected);
  }
}

// The same sums in the same order, and lengths from the same sums of squares in double: the same bits.
TEST_F(NeighborsTwinTest, NearestRowsAreThoseOfTheHost) {
  for (const auto& [rows, share] : {std::pair{80, 0.5}, {280, 0.01}}) {
    const Csr matrix = some_rows(rows, 20, share, false);
    for (const NeighborSettings& settings : {NeighborSettings{1, 0, 0.5}, NeighborSettings{7, 3, 0.5},
                                             NeighborSettings{20, 0.5, 0.2}, NeighborSettings{1000, 1, 1}}) {
      SCOPED_TRACE(settings.count);
      expect_same(nearest(matrix, true, settings, all_rows(matrix)), on_host(matrix, settings));
    }
  }
}

// Products of ones are few whole numbers: at the end of most rows' neighbours there are ties.
TEST_F(NeighborsTwinTest, OfEqualSimilarityTheLowerOnesAreKept) {
  const Csr matrix = ones(some_rows(280, 6, 0.4, true));
  for (const std::int64_t count : {2, 30, 270}) {
    SCOPED_TRACE(count);
    expect_same(nearest(matrix, false, {count, 1, 0.5}, all_rows(matrix)), on_host(matrix, {count, 1, 0.5}));
  }
}

TEST_F(NeighborsTwinTest, RowsThatAreNotAskedForHaveNone) {
  const Csr matrix = some_rows(40, 20, 0.3, false);
  const NeighborSettings settings{3, 1, 0.5};
  const Csr expected = on_host(matrix, settings), found = nearest(matrix, true, settings, {17, 4});
  for (std::int64_t r = 0; r < matrix.rows(); ++r) {
    const auto kept = found.view().row_indices(r), best = expected.view().row_indices(r);
    const std::vector<std::int32_t> asked(best.begin(), best.end());
    EXPECT_EQ(std::vector<std::int32_t>(kept.begin(), kept.end()), r == 17 || r == 4 ? asked : decltype(asked){}) << r;
  }
  for (const std::int64_t rows : {0, 1, 3}) {  // nobody, nobody else, nothing to go by
    const Csr empty = some_rows(rows, 0, 0, false);
    EXPECT_EQ(nearest(empty, true, settings, all_rows(empty)).entries(), 0);
  }
}

TEST_F(NeighborsTwinTest, LongRowsComeFirst) {
  const Csr matrix = csr_from_triples(4, 3, std::vector<std::int32_t>{0, 1, 1, 3, 3, 3},
                                      std::vector<std::int32_t>{0, 0, 1, 0, 1, 2}, std::vector<float>(6));
  EXPECT_EQ(longest_first(device(), matrix.view()).download(), (std::vector<std::int32_t>{3, 1, 0}));
}

}  // namespace
}  // namespace embrace::gpu
