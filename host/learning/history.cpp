#include "host/learning/history.hpp"

#include <utility>

namespace embrace {

Csr replace_rows(CsrView rows, CsrView by) {
  Csr merged;
  merged.columns = rows.columns;
  for (std::int64_t r = 0; r < rows.rows; ++r) {
    const CsrView& from = by.row_size(r) > 0 ? by : rows;
    const auto indices = from.row_indices(r);
    const auto values = from.row_values(r);
    merged.indices.insert(merged.indices.end(), indices.begin(), indices.end());
    merged.values.insert(merged.values.end(), values.begin(), values.end());
    merged.offsets.push_back(merged.entries());
  }
  return merged;
}

void History::fold_in(CsrView known) {
  folded_ = replace_rows(rows_, known);
  rows_ = folded_.view();
}

}  // namespace embrace
