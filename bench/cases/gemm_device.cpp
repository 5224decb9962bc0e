#include "bench/cases/device.hpp"
#include "cuda/math/product.hpp"

namespace embrace::cases {

TimedRun gemm_on_device(gpu::DevicePtr device, const Inputs& in) {
  struct State {
    gpu::DeviceMatrix a, b, c;
  };
  State state{uploaded(*device, in.a), uploaded(*device, in.b), {*device, in.a.rows(), in.b.columns()}};
  const auto work = [](gpu::Device& on, State& s) { gpu::multiply(on, s.a.view(), s.b.view(), 0, s.c.view()); };
  return timed_on_device(std::move(device), std::move(state), work,
                         [](gpu::Device& on, const State& s) { return doubles(download(on, s.c)); });
}

}  // namespace embrace::cases
