// Initial vectors and penalties of the alternating methods.
// Mapping: initial vectors, a thread an element; penalties, a warp a row, whose lanes' sums meet in a fixed tree.
// Cost: 4 bytes an element each; the random numbers are some hundred instructions an element, once a training.
#include "cuda/alternating.hpp"

#include <cmath>

#include "cuda/phase.hpp"
#include "cuda/random.cuh"
#include "cuda/reduce.cuh"

namespace embrace::gpu {
namespace {

constexpr int threads = 256;
constexpr int warps = threads / warp_size;

__global__ void __launch_bounds__(threads)
    draw_vectors_kernel(DeviceRandom random, double deviation, DeviceCsrView rows, DeviceMatrixView<float> vectors) {
  const std::int64_t element = static_cast<std::int64_t>(blockIdx.x) * threads + threadIdx.x;
  if (element >= vectors.rows * vectors.columns) return;
  const std::int64_t row = element / vectors.columns, column = element % vectors.columns;
  if (rows.size(row) == 0) return;
  vectors(row, column) = static_cast<float>(
      deviation * random.normal(static_cast<std::uint64_t>(row), static_cast<std::uint32_t>(column)));
}

__global__ void __launch_bounds__(threads)
    compute_penalties_kernel(DeviceMatrixView<const float> vectors, DeviceSpan<const float> ridge,
                             DeviceSpan<const float> bias, double bias_ridge, DeviceSpan<double> penalty) {
  const std::int64_t row = static_cast<std::int64_t>(blockIdx.x) * warps + threadIdx.x / warp_size;
  if (row >= vectors.rows) return;  // a whole warp
  const int lane = static_cast<int>(threadIdx.x) % warp_size;
  double squares = 0;
  for (std::int64_t k = lane; k < vectors.columns; k += warp_size) {
    const auto x = static_cast<double>(vectors(row, k));
    squares += x * x;
  }
  squares = group_sum<warp_size>(squares);
  if (lane != 0) return;
  const double b = bias.empty() ? 0.0 : static_cast<double>(bias[row]);
  penalty[row] = static_cast<double>(ridge[row]) * squares + bias_ridge * b * b;
}

}  // namespace

void draw_vectors(Device& device, std::uint64_t seed, double deviation, DeviceCsrView rows,
                  DeviceMatrixView<float> vectors) {
  if (vectors.rows == 0) return;
  draw_vectors_kernel<<<blocks_for(vectors.rows * vectors.columns, threads), threads, 0, device.stream()>>>(
      DeviceRandom(seed, Stream::initial), deviation, rows, vectors);
  EMBRACE_CHECK(cudaGetLastError());
}

void compute_penalties(Device& device, DeviceMatrixView<const float> vectors, DeviceSpan<const float> ridge,
                       DeviceSpan<const float> bias, double bias_ridge, DeviceSpan<double> penalty) {
  EMBRACE_PHASE("penalties");
  if (vectors.rows == 0) return;
  compute_penalties_kernel<<<blocks_for(vectors.rows, warps), threads, 0, device.stream()>>>(vectors, ridge, bias,
                                                                                             bias_ridge, penalty);
  EMBRACE_CHECK(cudaGetLastError());
}

std::vector<float> ridges(CsrView rows, double regularization, double offset, double exponent) {
  std::vector<float> result(static_cast<std::size_t>(rows.rows));
  for (std::int64_t r = 0; r < rows.rows; ++r) {
    const double size = static_cast<double>(rows.row_size(r)) + offset;
    result[static_cast<std::size_t>(r)] = static_cast<float>(regularization * std::pow(size, exponent));
  }
  return result;
}

}  // namespace embrace::gpu
