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
/// Row of each entry.
DeviceBuffer<std::int32_t> rows_of_entries(Device& device, DeviceCsrView matrix);

/// Bytes that they allocate, with their result, beside what they are given.
std::int64_t csr_from_triples_bytes(std::int64_t rows, std::int64_t entries);
std::int64_t transposed_bytes(CsrView matrix);

}  // namespace embrace::gpu
