// counts(a, b) = Σ over the rows that hold a of [holds b], b ≤ a. A block a column a; its warps take the rows that hold
// it in turns, lanes the columns of such a row up to a. Additions of ones are exact, so their order does not matter.
// Cost: 4 bytes read and one addition in the level 2 cache a pair of columns in one row, Σ n² / 2 of them; bound by
// these additions. The longest block is that of the most popular column.
#include "cuda/device/phase.hpp"
#include "cuda/math/count_together.hpp"
#include "cuda/math/reduce.cuh"

namespace embrace::gpu {
namespace {

constexpr int threads = 256;

__global__ void __launch_bounds__(threads)
    count_together_kernel(DeviceCsrView rows, DeviceCsrView by_column, DeviceMatrixView<float> counts) {
  const std::int64_t column = blockIdx.x;
  float* count = counts.row(column);
  for (std::int64_t b = threadIdx.x; b <= column; b += threads) count[b] = 0;
  __syncthreads();  // zeros are there before any warp adds
  const int warp = static_cast<int>(threadIdx.x) / warp_size, lane = static_cast<int>(threadIdx.x) % warp_size;
  for (std::int64_t e = by_column.begin(column) + warp; e < by_column.end(column); e += threads / warp_size) {
    const std::int64_t row = by_column.indices[e];
    for (std::int64_t f = rows.begin(row) + lane; f < rows.end(row) && rows.indices[f] <= column; f += warp_size) {
      atomicAdd(count + rows.indices[f], 1.0F);
    }
  }
}

}  // namespace

void count_together(Device& device, DeviceCsrView rows, DeviceCsrView by_column, DeviceMatrixView<float> counts) {
  EMBRACE_PHASE("counts");
  if (rows.columns == 0) return;
  count_together_kernel<<<static_cast<unsigned>(rows.columns), threads, 0, device.stream()>>>(rows, by_column, counts);
  EMBRACE_CHECK(cudaGetLastError());
}

}  // namespace embrace::gpu
