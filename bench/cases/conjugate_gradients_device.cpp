#include "bench/cases/implicit_device.hpp"

namespace embrace::cases {

TimedRun conjugate_gradients_on_device(gpu::DevicePtr device, const Inputs& in) {
  const auto steps = static_cast<int>(in.hyper.integer("cg_steps"));
  return implicit_half_sweep(std::move(device), in, [steps](gpu::Device& on, ImplicitState& s) {
    gpu::improve_rows(on, s.rows.view(), s.plan.view(), s.systems(), steps);
  });
}

}  // namespace embrace::cases
