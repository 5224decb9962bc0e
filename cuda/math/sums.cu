// Σ f(x) over an array, f the value or its square.
// Mapping: up to 1024 blocks stride over the array, one partial sum each; one block adds the partial sums. The number
// of blocks follows from the size alone, so every device gives the same bits.
// Cost: 4 bytes and 1 or 2 flops an element; bound by memory.
#include <algorithm>

#include "cuda/device/phase.hpp"
#include "cuda/math/reduce.cuh"
#include "cuda/math/sums.hpp"

namespace embrace::gpu {
namespace {

constexpr int threads = 256;
constexpr std::int64_t most_blocks = 1024;
constexpr std::int64_t elements_a_block = threads * 8;

struct Value {
  __device__ double operator()(double x) const { return x; }
};
struct Square {
  __device__ double operator()(float x) const { return static_cast<double>(x) * static_cast<double>(x); }
};

template <typename T, typename Map>
__global__ void __launch_bounds__(threads)
    sum_blocks_kernel(DeviceSpan<const T> values, Map map, DeviceSpan<double> sums) {
  __shared__ double scratch[threads / warp_size];
  const std::int64_t step = static_cast<std::int64_t>(gridDim.x) * threads;
  double total = 0;
  for (std::int64_t i = static_cast<std::int64_t>(blockIdx.x) * threads + threadIdx.x; i < values.size; i += step) {
    total += map(values[i]);
  }
  total = block_sum<threads>(total, scratch);
  if (threadIdx.x == 0) sums[blockIdx.x] = total;
}

__global__ void __launch_bounds__(threads)
    sum_partials_kernel(DeviceSpan<const double> sums, DeviceSpan<double> result) {
  __shared__ double scratch[threads / warp_size];
  double total = 0;
  for (std::int64_t i = threadIdx.x; i < sums.size; i += threads) total += sums[i];
  total = block_sum<threads>(total, scratch);
  if (threadIdx.x == 0) result[0] = total;
}

template <typename T, typename Map>
double reduce(Device& device, DeviceSpan<const T> values, Map map) {
  EMBRACE_PHASE("sum");
  if (values.empty()) return 0;
  const auto blocks =
      static_cast<unsigned>(std::min<std::int64_t>(blocks_for(values.size, elements_a_block), most_blocks));
  DeviceBuffer<double> sums(device, blocks);
  DeviceBuffer<double> result(device, 1);
  sum_blocks_kernel<<<blocks, threads, 0, device.stream()>>>(values, map, sums.span());
  EMBRACE_CHECK(cudaGetLastError());
  sum_partials_kernel<<<1, threads, 0, device.stream()>>>(sums.span(), result.span());
  EMBRACE_CHECK(cudaGetLastError());
  return result.download()[0];
}

}  // namespace

double sum(Device& device, DeviceSpan<const float> values) { return reduce(device, values, Value{}); }
double sum(Device& device, DeviceSpan<const double> values) { return reduce(device, values, Value{}); }
double sum_of_squares(Device& device, DeviceSpan<const float> values) { return reduce(device, values, Square{}); }

}  // namespace embrace::gpu
