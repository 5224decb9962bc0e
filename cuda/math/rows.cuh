// reduce_rows: for each row r of a sparse matrix, finish(r, Σ map(column, value), size of r) in double.
// Mapping: as cuda/math/rows.hpp; lanes stride over a row's entries, then add up in a fixed tree.
// Cost: 8 bytes an entry and what `map` reads beside; 16 bytes a row. Bound by memory: one addition an entry.
#pragma once
#include "cuda/math/reduce.cuh"
#include "cuda/math/rows.hpp"

namespace embrace::gpu {
namespace detail {

inline constexpr int row_threads = 256;

/// A group of `width` lanes a row of the list.
template <int width, typename Map, typename Finish>
__global__ void __launch_bounds__(row_threads)
    reduce_listed_rows_kernel(DeviceSpan<const std::int32_t> list, DeviceCsrView rows, Map map, Finish finish) {
  const std::int64_t thread = static_cast<std::int64_t>(blockIdx.x) * row_threads + threadIdx.x;
  const std::int64_t place = thread / width;
  const int lane = static_cast<int>(thread % width);
  const bool active = place < list.size;  // the others only help with the shuffles
  const std::int32_t row = active ? list[place] : 0;
  double sum = 0;
  if (active) {
    for (std::int64_t e = rows.begin(row) + lane; e < rows.end(row); e += width) {
      sum += map(rows.indices[e], rows.values[e]);
    }
  }
  sum = group_sum<width>(sum);
  if (active && lane == 0) finish(row, sum, rows.size(row));
}

/// A block a piece of a long row.
template <typename Map>
__global__ void __launch_bounds__(row_threads)
    reduce_pieces_kernel(DeviceSpan<const RowPiece> pieces, DeviceCsrView rows, Map map, DeviceSpan<double> sums) {
  __shared__ double scratch[row_threads / warp_size];
  const RowPiece piece = pieces[blockIdx.x];
  double sum = 0;
  for (std::int64_t e = piece.begin + threadIdx.x; e < piece.end; e += row_threads) {
    sum += map(rows.indices[e], rows.values[e]);
  }
  sum = block_sum<row_threads>(sum, scratch);
  if (threadIdx.x == 0) sums[blockIdx.x] = sum;
}

/// A thread a long row: adds its pieces in order.
template <typename Finish>
__global__ void __launch_bounds__(row_threads)
    finish_long_rows_kernel(DeviceSpan<const LongRow> long_rows, DeviceCsrView rows, DeviceSpan<const double> sums,
                            Finish finish) {
  const std::int64_t place = static_cast<std::int64_t>(blockIdx.x) * row_threads + threadIdx.x;
  if (place >= long_rows.size) return;
  const LongRow row = long_rows[place];
  double sum = 0;
  for (std::int32_t piece = row.first; piece < row.last; ++piece) sum += sums[piece];
  finish(row.row, sum, rows.size(row.row));
}

}  // namespace detail

/// `map(column, value)` gives a double; `finish(row, sum, size)` stores. Both are called on the device.
template <typename Map, typename Finish>
void reduce_rows(Device& device, DeviceCsrView rows, const RowPlanView& plan, Map map, Finish finish) {
  using namespace detail;
  if (!plan.pieces.empty()) {
    DeviceBuffer<double> sums(device, plan.pieces.size);
    reduce_pieces_kernel<<<static_cast<unsigned>(plan.pieces.size), row_threads, 0, device.stream()>>>(
        plan.pieces, rows, map, sums.span());
    EMBRACE_CHECK(cudaGetLastError());
    finish_long_rows_kernel<<<blocks_for(plan.long_rows.size, row_threads), row_threads, 0, device.stream()>>>(
        plan.long_rows, rows, sums.span(), finish);
    EMBRACE_CHECK(cudaGetLastError());
  }
  if (!plan.medium_rows.empty()) {
    reduce_listed_rows_kernel<warp_size>
        <<<blocks_for(plan.medium_rows.size, row_threads / warp_size), row_threads, 0, device.stream()>>>(
            plan.medium_rows, rows, map, finish);
    EMBRACE_CHECK(cudaGetLastError());
  }
  if (!plan.short_rows.empty()) {
    constexpr int width = RowPlan::lanes_a_short_row;
    reduce_listed_rows_kernel<width>
        <<<blocks_for(plan.short_rows.size, row_threads / width), row_threads, 0, device.stream()>>>(plan.short_rows,
                                                                                                     rows, map, finish);
    EMBRACE_CHECK(cudaGetLastError());
  }
}

}  // namespace embrace::gpu
