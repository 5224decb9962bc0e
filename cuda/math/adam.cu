// Adam's step of whole arrays. Mapping: a thread a weight.
// Cost: 28 bytes a weight, 16 read and 12 written; bound by memory.
#include "cuda/math/adam.hpp"

#include "cuda/math/adam.cuh"
#include "cuda/math/reduce.cuh"

namespace embrace::gpu {
namespace {

constexpr int threads = 256;

__global__ void __launch_bounds__(threads)
    update_weights_kernel(AdamFactors step, std::int64_t decaying, AdamArrays arrays) {
  const std::int64_t i = static_cast<std::int64_t>(blockIdx.x) * threads + threadIdx.x;
  if (i >= arrays.value.size) return;
  if (i >= decaying) step.shrink = 1.0F;
  step(arrays.gradient[i], arrays.value[i], arrays.m[i], arrays.v[i]);
}

}  // namespace

void update_by_adam(Device& device, const embrace::AdamStep& step, std::int64_t decaying, const AdamArrays& arrays) {
  if (arrays.value.empty()) return;
  update_weights_kernel<<<blocks_for(arrays.value.size, threads), threads, 0, device.stream()>>>(AdamFactors(step),
                                                                                                 decaying, arrays);
  EMBRACE_CHECK(cudaGetLastError());
}

}  // namespace embrace::gpu
