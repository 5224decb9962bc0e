// Nearest rows against plain loops in double, and their promises.
#include "host/math/neighbors.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "host/random.hpp"
#include "host/sparse.hpp"
#include "tests/reference/plain_neighbors.hpp"
#include "tests/same_bits.hpp"

namespace embrace {
namespace {

/// Row r has about rows / (1 + r) of the columns: rows that meet few others and rows that meet all.
Csr some_rows(std::int64_t rows, std::int64_t columns) {
  const Random random(9, Stream::synthetic);
  std::vector<std::int32_t> row, column;
  std::vector<float> value;
  for (std::int64_t r = 0; r < rows; ++r) {
    if (r == 5) continue;
    for (std::int64_t c = 0; c < columns; ++c) {
      const auto place = static_cast<std::uint64_t>(r * columns + c);
      if (random.uniform(place, 1) > 0.02 + 0.6 / static_cast<double>(1 + r)) continue;
      row.push_back(static_cast<std::int32_t>(r));
      column.push_back(static_cast<std::int32_t>(c));
      value.push_back(static_cast<float>(random.normal(place, 2)));
    }
  }
  return csr_from_triples(rows, columns, row, column, value);
}

/// `all`: s of all pairs. Of rows of one entry many are alike, and rounding decides which is kept: what counts is that
/// each kept one has its similarity, and that there are no better ones.
void expect_neighbors(const Csr& found, const test::Dense& all, std::int64_t count) {
  for (std::int64_t a = 0; a < found.rows(); ++a) {
    std::vector<double> best = all[static_cast<std::size_t>(a)], kept;
    const auto columns = found.view().row_indices(a);
    for (std::int64_t n = 0; n < columns.size(); ++n) {
      kept.push_back(static_cast<double>(found.view().row_values(a)[n]));
      // Sums of some ten products in float.
      EXPECT_NEAR(kept.back(), best[static_cast<std::size_t>(columns[n])], 1e-5) << a;
      EXPECT_TRUE(n == 0 || columns[n - 1] < columns[n]) << "columns ascend";
    }
    std::sort(kept.rbegin(), kept.rend());
    std::sort(best.rbegin(), best.rend());
    const auto positive = std::count_if(best.begin(), best.end(), [](double s) { return s > 0; });
    ASSERT_EQ(columns.size(), std::min<std::int64_t>(count, positive)) << a;
    for (std::size_t n = 0; n < kept.size(); ++n) EXPECT_NEAR(kept[n], best[n], 1e-5) << a << ", place " << n;
  }
}

constexpr std::size_t everybody = 1'000'000;

TEST(NearestRows, AreTheMostSimilarOnes) {
  Threads threads(2);
  for (const std::int64_t rows : {90, 400}) {
    const Csr matrix = some_rows(rows, 60);
    const Csr by_column = transposed(matrix.view());
    const test::Dense dense = test::dense_of(matrix.view());
    for (const NeighborSettings& settings : {NeighborSettings{1, 0, 0.5}, NeighborSettings{7, 3, 0.5},
                                             NeighborSettings{20, 0.5, 0.2}, NeighborSettings{1000, 1, 1}}) {
      expect_neighbors(nearest_rows(matrix.view(), by_column.view(), true, settings, threads),
                       test::plain_neighbors(dense, dense, true, {everybody, settings.shrinkage, settings.exponent}),
                       settings.count);
    }
  }
}

TEST(NearestRows, OfOtherRowsMayHaveTheSameNumber) {
  Threads threads(2);
  const Csr matrix = some_rows(80, 60), queries = some_rows(30, 60);
  const Csr by_column = transposed(matrix.view());
  expect_neighbors(
      nearest_rows(queries.view(), by_column.view(), false, {5, 1, 0.5}, threads),
      test::plain_neighbors(test::dense_of(queries.view()), test::dense_of(matrix.view()), false, {everybody, 1, 0.5}),
      5);
}

TEST(NearestRows, OfEqualSimilarityTheLowerOnesAreKept) {
  Threads threads(2);
  std::vector<std::int32_t> row, column;
  for (std::int32_t r = 0; r < 700; ++r) {  // all alike: whatever is kept first must give way to a lower one
    row.push_back(r);
    column.push_back(0);
  }
  const Csr matrix = csr_from_triples(700, 1, row, column, std::vector<float>(row.size(), 1.0F));
  const Csr by_column = transposed(matrix.view());
  const Csr found = nearest_rows(matrix.view(), by_column.view(), true, {3, 1, 0.5}, threads);
  for (std::int64_t a = 0; a < 700; ++a) {
    ASSERT_EQ(found.view().row_size(a), 3);
    for (std::int64_t n = 0, expected = 0; n < 3; ++n, ++expected) {
      if (expected == a) ++expected;
      EXPECT_EQ(found.view().row_indices(a)[n], expected) << a;
    }
  }
}

TEST(NearestRows, GivesTheSameBitsForAnyNumberOfThreads) {
  const Csr matrix = some_rows(300, 200);
  const Csr by_column = transposed(matrix.view());
  EXPECT_TRUE(test::same_bits_for_any_threads([&](int count) {
    Threads threads(count);
    const Csr found = nearest_rows(matrix.view(), by_column.view(), true, {9, 1, 0.4}, threads);
    std::vector<float> all(found.values.begin(), found.values.end());
    all.insert(all.end(), found.indices.begin(), found.indices.end());
    all.insert(all.end(), found.offsets.begin(), found.offsets.end());
    return all;
  }));
}

}  // namespace
}  // namespace embrace
