#include "host/learning/feature_columns.hpp"

namespace embrace {

Csr feature_columns(std::int64_t rows, CsrView features, ConstMatrixView vectors) {
  Csr out;
  out.columns = features.columns + vectors.columns;
  for (std::int64_t r = 0; r < rows; ++r) {
    if (features.rows > 0) {
      const auto indices = features.row_indices(r);
      const auto values = features.row_values(r);
      out.indices.insert(out.indices.end(), indices.begin(), indices.end());
      out.values.insert(out.values.end(), values.begin(), values.end());
    }
    for (std::int64_t c = 0; c < vectors.columns; ++c) {
      if (vectors(r, c) == 0.0F) continue;
      out.indices.push_back(static_cast<std::int32_t>(features.columns + c));
      out.values.push_back(vectors(r, c));
    }
    out.offsets.push_back(out.entries());
  }
  return out;
}

}  // namespace embrace
