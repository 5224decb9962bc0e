#include "host/learning/history.hpp"

#include <utility>

namespace embrace {

void History::fold_in(CsrView known) {
  Csr merged;
  merged.columns = rows_.columns;
  for (std::int64_t u = 0; u < rows_.rows; ++u) {
    const CsrView& from = known.row_size(u) > 0 ? known : rows_;
    const auto items = from.row_indices(u);
    const auto values = from.row_values(u);
    merged.indices.insert(merged.indices.end(), items.begin(), items.end());
    merged.values.insert(merged.values.end(), values.begin(), values.end());
    merged.offsets.push_back(merged.entries());
  }
  folded_ = std::move(merged);
  rows_ = folded_.view();
}

}  // namespace embrace
