// Sparse matrices from triples on the device, by sorting: host/sparse.hpp's, entry by entry.
#pragma once
#include "cuda/device/device.hpp"
#include "cuda/math/triples.hpp"

namespace embrace::gpu {

/// As host/sparse.hpp: stable in the order of the triples inside (row, column), columns ascending inside a row,
/// duplicates kept. Throws std::length_error for a shape whose cells cannot be numbered in 64 bits.
DeviceCsr csr_from_triples(Device& device, std::int64_t rows, std::int64_t columns, DeviceTriplesView triples);

/// Columns become rows.
DeviceCsr transposed(Device& device, DeviceCsrView matrix);

}  // namespace embrace::gpu
