// out(r, c) = Σ weights(j, c) over the entries j of a sparse row.
// Whole rows: a thread a column, so that a warp reads 128 bytes of a row of weights at once; entries in their order.
//   Cost: 4 bytes of weights a column and entry, most of them from the level 2 cache; one addition each: bound by it. A
//   GEMM with the sparse rows written out would take columns / (entries of a row) times the operations.
// Elements: a warp each, lanes stride over the entries, sums meet in a fixed tree; 32 bytes fetched an entry.
#include "cuda/device/phase.hpp"
#include "cuda/math/reduce.cuh"
#include "cuda/math/row_sums.hpp"

namespace embrace::gpu {
namespace {

constexpr int threads = 256;

__global__ void __launch_bounds__(threads)
    sum_rows_kernel(DeviceCsrView rows, DeviceMatrixView<const float> weights, DeviceSpan<const std::int32_t> chosen,
                    DeviceMatrixView<float> out) {
  const std::int64_t column = static_cast<std::int64_t>(blockIdx.x) * threads + threadIdx.x;
  if (column >= out.columns) return;
  for (std::int64_t r = blockIdx.y; r < out.rows; r += gridDim.y) {
    const std::int64_t row = chosen[r];
    float sum = 0;
    for (std::int64_t e = rows.begin(row); e < rows.end(row); ++e) sum += weights(rows.indices[e], column);
    out(r, column) = sum;
  }
}

__global__ void __launch_bounds__(threads)
    sum_elements_kernel(DeviceCsrView rows, DeviceMatrixView<const float> weights,
                        DeviceSpan<const std::int32_t> chosen, DeviceSpan<const std::int32_t> columns,
                        DeviceSpan<float> out) {
  const std::int64_t p = (static_cast<std::int64_t>(blockIdx.x) * threads + threadIdx.x) / warp_size;
  if (p >= out.size) return;  // a whole warp
  const int lane = static_cast<int>(threadIdx.x) % warp_size;
  const std::int64_t row = chosen[p], column = columns[p];
  float sum = 0;
  for (std::int64_t e = rows.begin(row) + lane; e < rows.end(row); e += warp_size) {
    sum += weights(rows.indices[e], column);
  }
  sum = group_sum<warp_size>(sum);
  if (lane == 0) out[p] = sum;
}

}  // namespace

void sum_rows(Device& device, DeviceCsrView rows, DeviceMatrixView<const float> weights,
              DeviceSpan<const std::int32_t> chosen, DeviceMatrixView<float> out) {
  EMBRACE_PHASE("score");
  if (out.rows == 0 || out.columns == 0) return;
  sum_rows_kernel<<<matrix_grid(out.rows, out.columns, threads), threads, 0, device.stream()>>>(rows, weights, chosen,
                                                                                                out);
  EMBRACE_CHECK(cudaGetLastError());
}

void sum_elements(Device& device, DeviceCsrView rows, DeviceMatrixView<const float> weights,
                  DeviceSpan<const std::int32_t> chosen, DeviceSpan<const std::int32_t> columns,
                  DeviceSpan<float> out) {
  EMBRACE_PHASE("predict");
  if (out.empty()) return;
  sum_elements_kernel<<<blocks_for(out.size, threads / warp_size), threads, 0, device.stream()>>>(rows, weights, chosen,
                                                                                                  columns, out);
  EMBRACE_CHECK(cudaGetLastError());
}

}  // namespace embrace::gpu
