// Cells are numbered row · 2^b + column, b the bits of a column, and sorted stably (cuda/math/order.hpp), by the bits
// that occur alone. Row r begins at the first cell of number ≥ r · 2^b: a binary search, one thread a row. Cost: 8
// bytes read and 8 written an entry to number the cells, 24 for every 8 bits sorted, 12 to take them apart; bound by
// memory.
#include <algorithm>
#include <bit>
#include <stdexcept>

#include "cuda/device/phase.hpp"
#include "cuda/math/order.hpp"
#include "cuda/math/reduce.cuh"
#include "cuda/math/sparse.hpp"

namespace embrace::gpu {
namespace {

constexpr int threads = 256;

/// How cells of a shape are numbered.
struct Numbering {
  Numbering(std::int64_t rows, std::int64_t columns)
      : column_bits(bits_of(columns)), bits(bits_of(rows) + column_bits) {
    if (bits > 63) throw std::length_error("a sparse matrix of this shape is too large to be sorted");
  }
  static int bits_of(std::int64_t size) {
    return size > 1 ? static_cast<int>(std::bit_width(static_cast<std::uint64_t>(size - 1))) : 0;
  }
  int column_bits;
  int bits;
};

__global__ void __launch_bounds__(threads)
    number_cells_kernel(DeviceTriplesView triples, int column_bits, DeviceSpan<std::uint64_t> cells) {
  const std::int64_t e = static_cast<std::int64_t>(blockIdx.x) * threads + threadIdx.x;
  if (e >= cells.size) return;
  cells[e] =
      static_cast<std::uint64_t>(triples.rows[e]) << column_bits | static_cast<std::uint32_t>(triples.columns[e]);
}

__global__ void __launch_bounds__(threads)
    take_columns_kernel(DeviceSpan<const std::uint64_t> cells, int column_bits, DeviceSpan<std::int32_t> columns) {
  const std::int64_t e = static_cast<std::int64_t>(blockIdx.x) * threads + threadIdx.x;
  if (e >= columns.size) return;
  columns[e] = static_cast<std::int32_t>(cells[e] & ((std::uint64_t{1} << column_bits) - 1));
}

__global__ void __launch_bounds__(threads)
    find_rows_kernel(DeviceSpan<const std::uint64_t> cells, int column_bits, DeviceSpan<std::int64_t> offsets) {
  const std::int64_t row = static_cast<std::int64_t>(blockIdx.x) * threads + threadIdx.x;
  if (row >= offsets.size) return;
  const auto wanted = static_cast<std::uint64_t>(row) << column_bits;
  std::int64_t low = 0, high = cells.size;  // cells before `low` are smaller, those from `high` on are not
  while (low < high) {
    const std::int64_t middle = low + (high - low) / 2;
    if (cells[middle] < wanted) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  offsets[row] = low;
}

__global__ void __launch_bounds__(threads) expand_rows_kernel(DeviceCsrView matrix, DeviceSpan<std::int32_t> rows) {
  // A warp a row: neighbouring lanes write neighbouring entries.
  const std::int64_t row = (static_cast<std::int64_t>(blockIdx.x) * threads + threadIdx.x) / warp_size;
  if (row >= matrix.rows) return;
  for (std::int64_t e = matrix.begin(row) + threadIdx.x % warp_size; e < matrix.end(row); e += warp_size) {
    rows[e] = static_cast<std::int32_t>(row);
  }
}

DeviceBuffer<std::uint64_t> number_cells(Device& device, DeviceTriplesView triples, const Numbering& numbering) {
  DeviceBuffer<std::uint64_t> cells(device, triples.rows.size);
  number_cells_kernel<<<blocks_for(cells.size(), threads), threads, 0, device.stream()>>>(
      triples, numbering.column_bits, cells.span());
  EMBRACE_CHECK(cudaGetLastError());
  return cells;
}

/// Sorted cells and their values become rows.
DeviceCsr assemble(Device& device, std::int64_t rows, std::int64_t columns, DeviceSpan<const std::uint64_t> cells,
                   const Numbering& numbering, DeviceBuffer<float> values) {
  DeviceBuffer<std::int64_t> offsets(device, rows + 1);
  DeviceBuffer<std::int32_t> indices(device, cells.size);
  find_rows_kernel<<<blocks_for(rows + 1, threads), threads, 0, device.stream()>>>(cells, numbering.column_bits,
                                                                                   offsets.span());
  EMBRACE_CHECK(cudaGetLastError());
  take_columns_kernel<<<blocks_for(cells.size, threads), threads, 0, device.stream()>>>(cells, numbering.column_bits,
                                                                                        indices.span());
  EMBRACE_CHECK(cudaGetLastError());
  return {std::move(offsets), std::move(indices), std::move(values), rows, columns};
}

}  // namespace

DeviceCsr csr_from_triples(Device& device, std::int64_t rows, std::int64_t columns, DeviceTriplesView triples) {
  EMBRACE_PHASE("csr");
  const Numbering numbering(rows, columns);
  const std::int64_t size = triples.rows.size;
  const DeviceBuffer<std::uint64_t> cells = number_cells(device, triples, numbering);
  DeviceBuffer<std::uint64_t> sorted(device, size);
  DeviceBuffer<float> values(device, size);
  sort_pairs(device, cells.span(), triples.values, sorted.span(), values.span(), numbering.bits);
  return assemble(device, rows, columns, sorted.span(), numbering, std::move(values));
}

DeviceBuffer<std::int32_t> rows_of_entries(Device& device, DeviceCsrView matrix) {
  DeviceBuffer<std::int32_t> rows(device, matrix.entries());
  if (matrix.rows == 0) return rows;
  expand_rows_kernel<<<blocks_for(matrix.rows, threads / warp_size), threads, 0, device.stream()>>>(matrix,
                                                                                                    rows.span());
  EMBRACE_CHECK(cudaGetLastError());
  return rows;
}

DeviceCsr transposed(Device& device, DeviceCsrView matrix) {
  const DeviceBuffer<std::int32_t> rows = rows_of_entries(device, matrix);
  return csr_from_triples(device, matrix.columns, matrix.rows, {matrix.indices, rows.span(), matrix.values});
}

std::int64_t csr_from_triples_bytes(std::int64_t rows, std::int64_t entries) {
  // Cells, once sorted, then values; the sort's memory is gone when offsets and indices come.
  return 20 * entries + std::max(sort_pairs_bytes(entries), 8 * (rows + 1) + 4 * entries);
}

std::int64_t transposed_bytes(CsrView matrix) {
  return 4 * matrix.entries() + csr_from_triples_bytes(matrix.columns, matrix.entries());
}

}  // namespace embrace::gpu
