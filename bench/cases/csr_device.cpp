#include "bench/cases/device.hpp"
#include "bench/cases/sparse_values.hpp"
#include "cuda/math/sparse.hpp"

namespace embrace::cases {

TimedRun csr_on_device(gpu::DevicePtr device, const Inputs& in) {
  struct State {
    gpu::DeviceTriples triples;
    gpu::DeviceCsr matrix;
  };
  State state{{*device, in.ratings.users, in.ratings.items, in.ratings.values}, {}};
  const auto work = [users = in.shape.users, items = in.shape.items](gpu::Device& on, State& s) {
    s.matrix = gpu::csr_from_triples(on, users, items, s.triples.view());
  };
  return timed_on_device(std::move(device), std::move(state), work,
                         [](gpu::Device&, const State& s) { return flattened(s.matrix.download()); });
}

}  // namespace embrace::cases
