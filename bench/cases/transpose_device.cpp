#include "bench/cases/device.hpp"
#include "bench/cases/sparse_values.hpp"
#include "cuda/math/sparse.hpp"
#include "host/sparse.hpp"

namespace embrace::cases {

TimedRun transpose_on_device(gpu::DevicePtr device, const Inputs& in) {
  struct State {
    gpu::DeviceCsr by_user;
    gpu::DeviceCsr by_item;
  };
  const Csr rows =
      csr_from_triples(in.shape.users, in.shape.items, in.ratings.users, in.ratings.items, in.ratings.values);
  State state{{*device, rows.view()}, {}};
  const auto work = [](gpu::Device& on, State& s) { s.by_item = gpu::transposed(on, s.by_user.view()); };
  return timed_on_device(std::move(device), std::move(state), work,
                         [](gpu::Device&, const State& s) { return flattened(s.by_item.download()); });
}

}  // namespace embrace::cases
