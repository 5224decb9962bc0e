// A sparse matrix as the list of numbers that operations compare: offsets, columns, values.
#pragma once
#include <algorithm>
#include <cstdint>
#include <numeric>
#include <utility>
#include <vector>

#include "host/sparse.hpp"

namespace embrace::cases {

inline std::vector<double> flattened(const Csr& matrix) {
  std::vector<double> all(matrix.offsets.begin(), matrix.offsets.end());
  all.insert(all.end(), matrix.indices.begin(), matrix.indices.end());
  all.insert(all.end(), matrix.values.begin(), matrix.values.end());
  return all;
}

/// The same from triples by plain sorting: by (row, column), in the order given where both are the same.
inline std::vector<double> flattened_triples(std::int64_t rows, const std::vector<std::int32_t>& row,
                                             const std::vector<std::int32_t>& column, const std::vector<float>& value) {
  std::vector<std::size_t> order(row.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return std::pair(row[a], column[a]) < std::pair(row[b], column[b]);
  });
  std::vector<double> all(static_cast<std::size_t>(rows) + 1, 0.0);
  for (const std::size_t e : order) all[static_cast<std::size_t>(row[e]) + 1] += 1;
  std::partial_sum(all.begin(), all.end(), all.begin());
  for (const std::size_t e : order) all.push_back(column[e]);
  for (const std::size_t e : order) all.push_back(static_cast<double>(value[e]));
  return all;
}

}  // namespace embrace::cases
