#include "bench/cases/device.hpp"
#include "host/span.hpp"

namespace embrace::cases {

TimedRun copy_on_device(gpu::DevicePtr device, const Inputs& in) {
  struct State {
    gpu::DeviceBuffer<float> from, to;
  };
  const Span<const float> numbers(in.a.data(), in.a.size());
  State state{{*device, numbers}, {*device, numbers.size()}};
  const auto work = [bytes = numbers.size_bytes()](gpu::Device& on, State& s) {
    if (bytes == 0) return;
    EMBRACE_CHECK(cudaMemcpyAsync(s.to.span().data, s.from.span().data, bytes, cudaMemcpyDeviceToDevice, on.stream()));
  };
  return timed_on_device(std::move(device), std::move(state), work,
                         [](gpu::Device&, const State& s) { return doubles(s.to.download()); });
}

}  // namespace embrace::cases
