// Rows of feature-ials (host/methods/feature_ials.cpp) around a half-sweep, with q the vectors and f what features say:
//   before    rows without ratings are in no pair, and are taken out of the Gram matrix
//   after     solve_rows leaves Σ_rated (1 - q·y)² + α q'G q + Λ |q - f|² - Λ |f|², of which the penalty goes:
//             Λ |f|² - Λ |q - f|² = Λ q · (2 f - q) is added
//   then      f is made anew by the regression: the penalty is Λ |q - f|², and rows without ratings are q = f
// Mapping: a warp a row, whose lanes' sums meet in a fixed tree; of copies a thread four floats.
// Cost for k factors: 4 k bytes a row for each of q, f and what is written, 3 k flops; bound by memory.
#include "cuda/methods/feature_ials_kernels.hpp"

#include "cuda/device/phase.hpp"
#include "cuda/math/quads.cuh"
#include "cuda/math/reduce.cuh"

namespace embrace::gpu {
namespace {

constexpr int threads = 256;
constexpr int warps = threads / warp_size;

__device__ std::int64_t warp_index() {
  return static_cast<std::int64_t>(blockIdx.x) * warps + static_cast<int>(threadIdx.x) / warp_size;
}
__device__ bool has_ratings(const RegressedRows& rows, std::int64_t row) {
  return rows.offsets[row] != rows.offsets[row + 1];
}
__device__ float said(const RegressedRows& rows, std::int64_t row, std::int64_t k) {
  return rows.said.rows == 0 ? 0.0F : rows.said(row, k);
}

__global__ void __launch_bounds__(threads) copy_rated_rows_kernel(RegressedRows rows, DeviceMatrixView<float> out) {
  const std::int64_t i = static_cast<std::int64_t>(blockIdx.x) * threads + threadIdx.x;
  const std::int64_t quads = out.stride / 4, row = i / quads, quad = i % quads;
  if (row >= out.rows) return;
  quad_of(out, row, quad) = has_ratings(rows, row) ? quad_of(rows.vectors, row, quad) : make_float4(0, 0, 0, 0);
}

__global__ void __launch_bounds__(threads) take_penalties_out_kernel(RegressedRows rows, DeviceSpan<double> loss) {
  const std::int64_t row = warp_index();
  if (row >= rows.vectors.rows || !has_ratings(rows, row)) return;  // a whole warp
  const int lane = static_cast<int>(threadIdx.x) % warp_size;
  double sum = 0;
  for (std::int64_t k = lane; k < rows.vectors.columns; k += warp_size) {
    const auto q = static_cast<double>(rows.vectors(row, k)), f = static_cast<double>(said(rows, row, k));
    sum += q * (2 * f - q);
  }
  sum = group_sum<warp_size>(sum);
  if (lane == 0) loss[row] += static_cast<double>(rows.ridge[row]) * sum;
}

__global__ void __launch_bounds__(threads) settle_rows_kernel(RegressedRows rows, DeviceSpan<double> penalty) {
  const std::int64_t row = warp_index();
  if (row >= rows.vectors.rows) return;  // a whole warp
  const int lane = static_cast<int>(threadIdx.x) % warp_size;
  const bool rated = has_ratings(rows, row);
  double sum = 0;
  for (std::int64_t k = lane; k < rows.vectors.columns; k += warp_size) {
    const float f = said(rows, row, k);
    if (rated) {
      const double z = static_cast<double>(rows.vectors(row, k)) - static_cast<double>(f);
      sum += z * z;
    } else if (rows.said.rows > 0) {
      rows.vectors(row, k) = f;
    }
  }
  sum = group_sum<warp_size>(sum);
  if (lane == 0) penalty[row] = static_cast<double>(rows.ridge[row]) * sum;
}

}  // namespace

void copy_rated_rows(Device& device, const RegressedRows& rows, DeviceMatrixView<float> out) {
  EMBRACE_PHASE("rated rows");
  if (out.rows == 0) return;
  copy_rated_rows_kernel<<<blocks_for(out.rows * out.stride / 4, threads), threads, 0, device.stream()>>>(rows, out);
  EMBRACE_CHECK(cudaGetLastError());
}

void take_penalties_out(Device& device, const RegressedRows& rows, DeviceSpan<double> loss) {
  EMBRACE_PHASE("penalties");
  if (rows.vectors.rows == 0) return;
  take_penalties_out_kernel<<<blocks_for(rows.vectors.rows, warps), threads, 0, device.stream()>>>(rows, loss);
  EMBRACE_CHECK(cudaGetLastError());
}

void settle_rows(Device& device, const RegressedRows& rows, DeviceSpan<double> penalty) {
  EMBRACE_PHASE("penalties");
  if (rows.vectors.rows == 0) return;
  settle_rows_kernel<<<blocks_for(rows.vectors.rows, warps), threads, 0, device.stream()>>>(rows, penalty);
  EMBRACE_CHECK(cudaGetLastError());
}

}  // namespace embrace::gpu
