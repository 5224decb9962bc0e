// Csr: an owning sparse matrix in compressed rows.
#pragma once
#include <cstdint>

#include "host/array.hpp"
#include "host/span.hpp"
#include "host/threads.hpp"
#include "host/views.hpp"

namespace embrace {

struct Csr {
  Array<std::int64_t> offsets{0};  // rows + 1
  Array<std::int32_t> indices;
  Array<float> values;
  std::int64_t columns = 0;

  std::int64_t rows() const { return offsets.size() - 1; }
  std::int64_t entries() const { return indices.size(); }
  CsrView view() const { return {offsets.data(), indices.data(), values.data(), rows(), columns}; }
};

/// Rows from triples by counting sorts: stable in the order of the triples inside (row, column), so that the result
/// is one and the same for any number of threads. Columns are ascending inside a row; duplicates are kept. `order[e]`
/// (when given) becomes the position in the input of entry e. Cost: O(entries + rows + columns). Throws
/// std::out_of_range for an index outside the shape.
Csr csr_from_triples(std::int64_t rows, std::int64_t columns, Span<const std::int32_t> row,
                     Span<const std::int32_t> column, Span<const float> value, Threads& threads,
                     Array<std::int64_t>* order = nullptr);
/// The same by the calling thread alone.
Csr csr_from_triples(std::int64_t rows, std::int64_t columns, Span<const std::int32_t> row,
                     Span<const std::int32_t> column, Span<const float> value, Array<std::int64_t>* order = nullptr);

/// The transposed matrix; `order[e]` (when given) becomes the entry of `matrix` that entry e came from.
Csr transposed(CsrView matrix, Threads& threads, Array<std::int64_t>* order = nullptr);
/// The same by the calling thread alone.
Csr transposed(CsrView matrix, Array<std::int64_t>* order = nullptr);

}  // namespace embrace
