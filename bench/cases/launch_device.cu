// Each launch counts itself.
#include "bench/cases/device.hpp"

namespace embrace::cases {
namespace {

__global__ void count_launch_kernel(gpu::DeviceSpan<unsigned> count) { ++count[0]; }

struct State {
  gpu::DeviceBuffer<unsigned> count;
};

}  // namespace

TimedRun launch_on_device(gpu::DevicePtr device, const Inputs& in) {
  State state{{*device, 1}};
  const auto work = [launches = in.shape.ratings](gpu::Device& on, State& s) {
    for (std::int64_t n = 0; n < launches; ++n) count_launch_kernel<<<1, 1, 0, on.stream()>>>(s.count.span());
    EMBRACE_CHECK(cudaGetLastError());
  };
  return timed_on_device(
      std::move(device), std::move(state), [](gpu::Device&, State& s) { s.count.clear(); }, work,
      [](gpu::Device&, const State& s) { return doubles(s.count.download()); });
}

}  // namespace embrace::cases
