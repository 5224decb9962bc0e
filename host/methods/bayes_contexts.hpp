// Equal rows of features are one row of a relation block: the ratings of an hour have one context.
#pragma once
#include <cstdint>

#include "host/array.hpp"
#include "host/sparse.hpp"

namespace embrace::cpu {

struct DistinctRows {
  Csr rows;                    // in the order of their first occurrence
  Array<std::int32_t> row_of;  // of each row that was given
};

/// Throws Unsupported when more than 2^31 - 2 rows differ.
DistinctRows distinct_rows(CsrView rows);

/// Positions of equal numbers in [0, groups): those of g are entries[offsets[g]] … entries[offsets[g + 1] - 1],
/// ascending.
struct Grouped {
  Array<std::int64_t> offsets;
  Array<std::int64_t> entries;
};
Grouped group(Span<const std::int32_t> numbers, std::int64_t groups);

}  // namespace embrace::cpu
