#include "host/sparse.hpp"

#include <gtest/gtest.h>

#include <stdexcept>

namespace embrace {
namespace {

TEST(Sparse, RowsAreSortedByColumnAndTiesKeepTheirOrder) {
  const std::vector<std::int32_t> row = {2, 0, 2, 0, 2}, column = {1, 3, 0, 1, 1};
  const std::vector<float> value = {1, 2, 3, 4, 5};
  std::vector<std::int64_t> order;
  const Csr csr = csr_from_triples(4, 4, row, column, value, &order);
  EXPECT_EQ(csr.offsets, (std::vector<std::int64_t>{0, 2, 2, 5, 5}));
  EXPECT_EQ(csr.indices, (std::vector<std::int32_t>{1, 3, 0, 1, 1}));
  EXPECT_EQ(csr.values, (std::vector<float>{4, 2, 3, 1, 5}));
  EXPECT_EQ(order, (std::vector<std::int64_t>{3, 1, 2, 0, 4}));
}

TEST(Sparse, TransposingTwiceGivesTheSameMatrix) {
  const std::vector<std::int32_t> row = {0, 1, 1, 3}, column = {2, 0, 2, 1};
  const std::vector<float> value = {1, 2, 3, 4};
  const Csr csr = csr_from_triples(4, 3, row, column, value);
  std::vector<std::int64_t> order;
  const Csr turned = transposed(csr.view(), &order);
  EXPECT_EQ(turned.rows(), 3);
  EXPECT_EQ(turned.columns, 4);
  for (std::size_t e = 0; e < order.size(); ++e) {
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
}

}  // namespace
}  // namespace embrace
