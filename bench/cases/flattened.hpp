// A sparse matrix as the list of numbers that operations compare: offsets, columns, values.
#pragma once
#include <vector>

#include "host/sparse.hpp"

namespace embrace::cases {

inline std::vector<double> flattened(const Csr& matrix) {
  std::vector<double> all(matrix.offsets.begin(), matrix.offsets.end());
  all.insert(all.end(), matrix.indices.begin(), matrix.indices.end());
  all.insert(all.end(), matrix.values.begin(), matrix.values.end());
  return all;
}

}  // namespace embrace::cases
