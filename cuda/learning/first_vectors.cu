// Mapping: a thread a number, neighbouring threads neighbouring columns.
// Cost: 4 bytes written and some 200 integer and double instructions a number; once a training.
#include "cuda/device/phase.hpp"
#include "cuda/learning/first_vectors.hpp"
#include "cuda/math/random.cuh"
#include "cuda/math/reduce.cuh"

namespace embrace::gpu {
namespace {

constexpr int threads = 256;

__global__ void __launch_bounds__(threads)
    draw_factors_kernel(DeviceRandom random, std::int64_t first_row, DeviceSpan<const std::int64_t> offsets,
                        double deviation, DeviceMatrixView<float> factors) {
  const std::int64_t element = static_cast<std::int64_t>(blockIdx.x) * threads + threadIdx.x;
  const std::int64_t row = element / factors.columns, column = element % factors.columns;
  if (row >= factors.rows || (!offsets.empty() && offsets[row] == offsets[row + 1])) return;
  factors(row, column) = static_cast<float>(
      deviation * random.normal(static_cast<std::uint64_t>(first_row + row), static_cast<std::uint32_t>(column)));
}

__global__ void __launch_bounds__(threads)
    draw_layer_kernel(DeviceRandom random, std::uint32_t part, double deviation, DeviceMatrixView<float> weights) {
  const std::int64_t element = static_cast<std::int64_t>(blockIdx.x) * threads + threadIdx.x;
  if (element >= weights.rows * weights.columns) return;
  weights(element / weights.columns, element % weights.columns) =
      static_cast<float>(deviation * random.normal(static_cast<std::uint64_t>(element), part));
}

}  // namespace

void draw_factors(Device& device, std::uint64_t seed, std::int64_t first_row, DeviceSpan<const std::int64_t> offsets,
                  double deviation, DeviceMatrixView<float> factors) {
  EMBRACE_PHASE("initial factors");
  if (factors.rows == 0 || factors.columns == 0) return;
  draw_factors_kernel<<<blocks_for(factors.rows * factors.columns, threads), threads, 0, device.stream()>>>(
      DeviceRandom(seed, Stream::initial), first_row, offsets, deviation, factors);
  EMBRACE_CHECK(cudaGetLastError());
}

void draw_layer(Device& device, std::uint64_t seed, std::uint32_t part, double deviation,
                DeviceMatrixView<float> weights) {
  EMBRACE_PHASE("initial factors");
  if (weights.rows == 0 || weights.columns == 0) return;
  draw_layer_kernel<<<blocks_for(weights.rows * weights.columns, threads), threads, 0, device.stream()>>>(
      DeviceRandom(seed, Stream::initial), part, deviation, weights);
  EMBRACE_CHECK(cudaGetLastError());
}

}  // namespace embrace::gpu
