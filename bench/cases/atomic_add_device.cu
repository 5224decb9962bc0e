// counts[rows[n]] += 1, a thread an addition of 32 bits whose former value nobody wants.
#include "bench/cases/device.hpp"
#include "cuda/math/reduce.cuh"
#include "host/span.hpp"

namespace embrace::cases {
namespace {

constexpr int threads = 256;

__global__ void __launch_bounds__(threads)
    add_ones_kernel(gpu::DeviceSpan<const std::int32_t> rows, gpu::DeviceSpan<unsigned> counts) {
  const std::int64_t place = static_cast<std::int64_t>(blockIdx.x) * threads + threadIdx.x;
  if (place < rows.size) atomicAdd(&counts[rows[place]], 1U);
}

struct State {
  gpu::DeviceBuffer<std::int32_t> rows;
  gpu::DeviceBuffer<unsigned> counts;
};

}  // namespace

TimedRun atomic_add_on_device(gpu::DevicePtr device, const Inputs& in) {
  State state{{*device, Span<const std::int32_t>(in.ratings.users)}, {*device, in.shape.users}};
  const auto work = [](gpu::Device& on, State& s) {
    add_ones_kernel<<<gpu::blocks_for(s.rows.size(), threads), threads, 0, on.stream()>>>(std::as_const(s.rows).span(),
                                                                                          s.counts.span());
    EMBRACE_CHECK(cudaGetLastError());
  };
  return timed_on_device(
      std::move(device), std::move(state), [](gpu::Device&, State& s) { s.counts.clear(); }, work,
      [](gpu::Device&, const State& s) { return doubles(s.counts.download()); });
}

}  // namespace embrace::cases
