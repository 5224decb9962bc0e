#include "host/learning/history.hpp"

#include <algorithm>
#include <iterator>
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

Csr distinct_entries(CsrView rows) {
  Csr distinct;
  distinct.columns = rows.columns;
  for (std::int64_t r = 0; r < rows.rows; ++r) {
    const auto row = rows.row_indices(r);
    std::unique_copy(row.begin(), row.end(), std::back_inserter(distinct.indices));
    distinct.offsets.push_back(distinct.entries());
  }
  distinct.values.assign(distinct.entries(), 1.0F);
  return distinct;
}

void History::fold_in(CsrView known) {
  folded_ = replace_rows(rows_, known);
  rows_ = folded_.view();
}

}  // namespace embrace
