#include "bench/cases/device.hpp"
#include "cuda/math/spmm.hpp"
#include "host/sparse.hpp"

namespace embrace::cases {

TimedRun sparse_product_on_device(gpu::DevicePtr device, const Inputs& in) {
  struct State {
    gpu::DeviceCsr rows;
    gpu::RowPlan plan;
    gpu::DeviceMatrix vectors, out;
  };
  const Csr rows =
      csr_from_triples(in.shape.users, in.shape.items, in.ratings.users, in.ratings.items, in.ratings.values);
  State state{{*device, rows.view()},
              {*device, rows.view()},
              uploaded(*device, in.b),
              {*device, in.shape.users, in.shape.factors}};
  const auto work = [](gpu::Device& on, State& s) {
    gpu::multiply_sparse(on, {.matrix = s.rows.view(), .plan = s.plan.view(), .x = std::as_const(s.vectors).view()},
                         s.out.view());
  };
  return timed_on_device(std::move(device), std::move(state), work,
                         [](gpu::Device& on, const State& s) { return doubles(gpu::download(on, s.out)); });
}

}  // namespace embrace::cases
