#include "host/math/sparse_product.hpp"

#include <gtest/gtest.h>

#include <vector>

#include "host/matrix.hpp"

namespace embrace {
namespace {

// Whole numbers: sums are exact in any order.
TEST(SparseProduct, EachRowGetsTheSumOfItsParts) {
  Threads threads(2);
  const std::vector<std::int32_t> row_of = {2, 0, 2, 2, 4};
  Matrix parts(5, 3), out(6, 3);
  for (std::int64_t p = 0; p < 5; ++p) {
    for (std::int64_t k = 0; k < 3; ++k) parts(p, k) = static_cast<float>(10 * p + k);
  }
  const Csr sums = sums_of_parts(6, row_of, threads);
  multiply_sparse(sums.view(), parts.view(), out.view(), threads);
  Matrix expected(6, 3);
  for (std::int64_t p = 0; p < 5; ++p) {
    for (std::int64_t k = 0; k < 3; ++k) expected(row_of[static_cast<std::size_t>(p)], k) += parts(p, k);
  }
  for (std::int64_t e = 0; e < out.size(); ++e) EXPECT_EQ(out.data()[e], expected.data()[e]) << e;
  EXPECT_EQ(sums.view().row_indices(2)[0], 0) << "in their order";
  EXPECT_EQ(sums.view().row_indices(2)[2], 3);
  EXPECT_EQ(sums_of_parts(2, {}, threads).rows(), 2);
}

}  // namespace
}  // namespace embrace
