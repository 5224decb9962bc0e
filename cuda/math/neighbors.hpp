// The most similar rows of a sparse matrix on the device: those of host/math/neighbors.hpp, whose products have the
// same bits.
#pragma once
#include "cuda/device/device.hpp"
#include "host/math/neighbors.hpp"

namespace embrace::gpu {

/// Rows, and those among whom they have neighbours. Matrices without values are ones where they have entries.
struct NeighborSearch {
  DeviceCsrView rows;
  DeviceSpan<const std::int32_t> order;  // the rows that get neighbours, each once, those of most entries first
  DeviceCsrView others;                  // row r of it is no neighbour of row r
  DeviceCsrView by_column;               // the same, transposed; no row names a column twice
};

/// As embrace::nearest_rows().
DeviceCsr nearest_rows(Device& device, const NeighborSearch& search, const NeighborSettings& settings);

/// Bytes that it allocates, with its result, at most; and of the result alone.
std::int64_t nearest_rows_bytes(const Device& device, std::int64_t rows, std::int64_t others,
                                const NeighborSettings& settings);
std::int64_t neighbors_bytes(std::int64_t rows, std::int64_t others, const NeighborSettings& settings);

/// Of a row, at most.
std::int64_t most_neighbors(std::int64_t others, const NeighborSettings& settings);

}  // namespace embrace::gpu
