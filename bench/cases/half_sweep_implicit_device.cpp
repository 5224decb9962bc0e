#include "bench/cases/implicit_device.hpp"

namespace embrace::cases {

TimedRun half_sweep_implicit_on_device(gpu::DevicePtr device, const Inputs& in) {
  return implicit_half_sweep(std::move(device), in,
                             [solver = gpu::usual_solver(in.shape.factors)](gpu::Device& on, ImplicitState& s) {
                               gpu::solve_rows(on, s.rows.view(), s.plan.view(), s.systems(), solver);
                             });
}

}  // namespace embrace::cases
