// Matrices whose singular vectors are looked for, and what is asked of the vectors, on processors and devices alike.
#pragma once
#include <cstdint>
#include <vector>

#include "host/matrix.hpp"
#include "host/random.hpp"
#include "host/sparse.hpp"

namespace embrace::test {

/// About a fifth of all places have a value; their mean makes the first singular value stand out, as in ratings.
inline Csr some_matrix(std::int64_t rows, std::int64_t columns) {
  const Random random(7, Stream::synthetic);
  std::vector<std::int32_t> row, column;
  std::vector<float> value;
  for (std::int64_t e = 0; e < rows * columns; ++e) {
    const auto place = static_cast<std::uint64_t>(e);
    if (random.uniform(place, 1) > 0.2) continue;
    row.push_back(static_cast<std::int32_t>(e / columns));
    column.push_back(static_cast<std::int32_t>(e % columns));
    value.push_back(static_cast<float>(1 + random.normal(place, 2)));
  }
  return csr_from_triples(rows, columns, row, column, value);
}

inline double product_of_columns(const Matrix& m, std::int64_t a, std::int64_t b) {
  double sum = 0;
  for (std::int64_t r = 0; r < m.rows(); ++r) sum += static_cast<double>(m(r, a)) * static_cast<double>(m(r, b));
  return sum;
}

}  // namespace embrace::test
