// Counts of columns that stand in one row, against plain loops.
#include "host/math/count_together.hpp"

#include <gtest/gtest.h>

#include <vector>

#include "host/matrix.hpp"
#include "host/random.hpp"
#include "host/sparse.hpp"

namespace embrace {
namespace {

TEST(CountTogether, CountsRowsThatHoldBothColumns) {
  constexpr std::int64_t rows = 300, columns = 70;  // more columns than one task takes
  const Random random(3, Stream::synthetic);
  std::vector<std::int32_t> row, column;
  std::vector<std::vector<float>> expected(columns, std::vector<float>(columns));
  for (std::int32_t r = 0; r < rows; ++r) {
    std::vector<std::int32_t> held;
    for (std::int32_t c = 0; c < columns; ++c) {
      if (c != 5 && random.uniform(static_cast<std::uint64_t>(r * columns + c)) < 1.0 / (1 + c % 9)) held.push_back(c);
    }
    for (const std::int32_t a : held) {
      row.push_back(r);
      column.push_back(a);
      for (const std::int32_t b : held) expected[static_cast<std::size_t>(a)][static_cast<std::size_t>(b)] += 1;
    }
  }
  const Csr matrix = csr_from_triples(rows, columns, row, column, std::vector<float>(row.size(), 3.0F));
  const Csr by_column = transposed(matrix.view());
  for (const int count : {1, 3}) {
    Threads threads(count);
    Matrix counts(columns, columns);
    for (std::int64_t e = 0; e < counts.size(); ++e) counts.data()[e] = 7;
    count_together(matrix.view(), by_column.view(), counts.view(), threads);
    for (std::int64_t a = 0; a < columns; ++a) {
      for (std::int64_t b = 0; b < columns; ++b) {
        ASSERT_EQ(counts(a, b), b <= a ? expected[static_cast<std::size_t>(a)][static_cast<std::size_t>(b)] : 7.0F)
            << a << ", " << b;
      }
    }
  }
}

}  // namespace
}  // namespace embrace
