#include "host/sparse.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <stdexcept>
#include <tuple>

#include "host/array.hpp"
#include "host/random.hpp"

namespace embrace {
namespace {

TEST(Sparse, RowsAreSortedByColumnAndTiesKeepTheirOrder) {
  const std::vector<std::int32_t> row = {2, 0, 2, 0, 2}, column = {1, 3, 0, 1, 1};
  const std::vector<float> value = {1, 2, 3, 4, 5};
  Array<std::int64_t> order;
  const Csr csr = csr_from_triples(4, 4, row, column, value, &order);
  EXPECT_EQ(csr.offsets, (std::vector<std::int64_t>{0, 2, 2, 5, 5}));
  EXPECT_EQ(csr.indices, (std::vector<std::int32_t>{1, 3, 0, 1, 1}));
  EXPECT_EQ(csr.values, (std::vector<float>{4, 2, 3, 1, 5}));
  EXPECT_EQ(order, (std::vector<std::int64_t>{3, 1, 2, 0, 4}));
}

struct Shape {
  std::int64_t rows, columns, entries;
  bool skewed;
};
void PrintTo(const Shape& s, std::ostream* out) {
  *out << s.entries << " of " << s.rows << 'x' << s.columns << (s.skewed ? ", skewed" : "");
}

struct Triples {
  std::vector<std::int32_t> row, column;
  std::vector<float> value;
};

/// Skewed: one row has about half of all entries. Pairs repeat.
Triples random_triples(const Shape& shape) {
  const Random random(3, Stream::sampling);
  Triples t;
  for (std::int64_t e = 0; e < shape.entries; ++e) {
    const auto counter = static_cast<std::uint64_t>(e);
    const bool hot = shape.skewed && random.below(2, counter, 3) == 0;
    const auto row = hot ? 7 : random.below(static_cast<std::uint64_t>(shape.rows), counter, 0);
    t.row.push_back(static_cast<std::int32_t>(row));
    t.column.push_back(static_cast<std::int32_t>(random.below(static_cast<std::uint64_t>(shape.columns), counter, 1)));
    t.value.push_back(static_cast<float>(e % 1000));
  }
  return t;
}

class SparseShapes : public testing::TestWithParam<Shape> {};

// Several buckets and chunks, narrow and wide keys, one and several digits, one bucket that is a single row.
INSTANTIATE_TEST_SUITE_P(All, SparseShapes,
                         testing::Values(Shape{1, 1, 40, false}, Shape{3, 1, 1000, false}, Shape{1, 5000, 1000, false},
                                         Shape{500, 300, 400'000, false}, Shape{500, 300, 400'000, true},
                                         Shape{100'000, 70'000, 300'000, true},
                                         Shape{1'000'000, 2'000'000'000, 5000, false}));

TEST_P(SparseShapes, EqualsAStableSortForAnyNumberOfThreads) {
  const Shape& shape = GetParam();
  const Triples t = random_triples(shape);
  Array<std::int64_t> order(t.row.size());
  std::iota(order.begin(), order.end(), std::int64_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::int64_t a, std::int64_t b) {
    const auto x = static_cast<std::size_t>(a), y = static_cast<std::size_t>(b);
    return std::tie(t.row[x], t.column[x]) < std::tie(t.row[y], t.column[y]);
  });
  Csr expected;
  expected.offsets.assign(static_cast<std::size_t>(shape.rows) + 1, 0);
  for (const std::int64_t e : order) {
    const auto p = static_cast<std::size_t>(e);
    ++expected.offsets[static_cast<std::size_t>(t.row[p]) + 1];
    expected.indices.push_back(t.column[p]);
    expected.values.push_back(t.value[p]);
  }
  std::partial_sum(expected.offsets.begin(), expected.offsets.end(), expected.offsets.begin());
  for (const int count : {1, 3}) {
    Threads threads(count);
    Array<std::int64_t> found;
    for (Array<std::int64_t>* wanted : {&found, static_cast<Array<std::int64_t>*>(nullptr)}) {
      const Csr csr = csr_from_triples(shape.rows, shape.columns, t.row, t.column, t.value, threads, wanted);
      EXPECT_EQ(csr.columns, shape.columns);
      EXPECT_TRUE(csr.offsets == expected.offsets && csr.indices == expected.indices && csr.values == expected.values);
    }
    EXPECT_TRUE(found == order);
  }
}

TEST(Sparse, TransposingTwiceGivesTheSameMatrix) {
  const std::vector<std::int32_t> row = {0, 1, 1, 3}, column = {2, 0, 2, 1};
  const std::vector<float> value = {1, 2, 3, 4};
  const Csr csr = csr_from_triples(4, 3, row, column, value);
  Array<std::int64_t> order;
  const Csr turned = transposed(csr.view(), &order);
  EXPECT_EQ(turned.rows(), 3);
  EXPECT_EQ(turned.columns, 4);
  for (std::int64_t e = 0; e < order.size(); ++e) {
    EXPECT_EQ(turned.values[e], csr.values[static_cast<std::size_t>(order[e])]);
  }
  const Csr back = transposed(turned.view());
  EXPECT_EQ(back.offsets, csr.offsets);
  EXPECT_EQ(back.indices, csr.indices);
  EXPECT_EQ(back.values, csr.values);
}

TEST(Sparse, AnEmptyMatrixHasNoEntries) {
  const Csr csr = csr_from_triples(0, 0, {}, {}, {});
  EXPECT_EQ(csr.rows(), 0);
  EXPECT_EQ(csr.view().entries(), 0);
  EXPECT_EQ(transposed(csr.view()).rows(), 0);
}

TEST(Sparse, AnIndexOutsideTheShapeIsRefused) {
  const std::vector<std::int32_t> row = {0}, column = {5};
  const std::vector<float> value = {1};
  EXPECT_THROW(csr_from_triples(1, 5, row, column, value), std::out_of_range);
  EXPECT_THROW(csr_from_triples(5, 1, column, row, value), std::out_of_range);
  EXPECT_THROW(csr_from_triples(0, 0, row, column, value), std::out_of_range);
  const std::vector<std::int32_t> negative = {-1};
  EXPECT_THROW(csr_from_triples(1, 5, negative, row, value), std::out_of_range);
  EXPECT_THROW(csr_from_triples(1, 5, row, negative, value), std::out_of_range);
}

}  // namespace
}  // namespace embrace
