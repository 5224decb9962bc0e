#include "bench/cold_candidates.hpp"

#include <algorithm>

namespace embrace {

std::vector<std::int32_t> cold_items(const FoldData& data) {
  const CsrView by_item = data.by_item.view();
  std::vector<std::int32_t> items;
  for (std::int64_t item = 0; item < by_item.rows; ++item) {
    if (by_item.row_size(item) == 0) items.push_back(static_cast<std::int32_t>(item));
  }
  return items;
}

Csr only_columns(CsrView matrix, const std::vector<std::int32_t>& columns) {
  Csr result;
  result.columns = matrix.columns;
  for (std::int64_t row = 0; row < matrix.rows; ++row) {
    for (std::int64_t e = matrix.offsets[row]; e < matrix.offsets[row + 1]; ++e) {
      if (!std::binary_search(columns.begin(), columns.end(), matrix.indices[e])) continue;
      result.indices.push_back(matrix.indices[e]);
      result.values.push_back(matrix.values[e]);
    }
    result.offsets.push_back(result.indices.size());
  }
  return result;
}

}  // namespace embrace
