#include "bench/cases/by_thrust.hpp"
#include "bench/cases/device.hpp"
#include "bench/cases/sparse_values.hpp"
#include "cuda/math/sparse.hpp"

namespace embrace::cases {
namespace {

using Convert = gpu::DeviceCsr (*)(gpu::Device&, std::int64_t rows, std::int64_t columns,
                                   gpu::DeviceTriplesView triples);

TimedRun run(gpu::DevicePtr device, const Inputs& in, Convert convert) {
  struct State {
    gpu::DeviceTriples triples;
    gpu::DeviceCsr matrix;
  };
  State state{{*device, in.ratings.users, in.ratings.items, in.ratings.values}, {}};
  const auto work = [users = in.shape.users, items = in.shape.items, convert](gpu::Device& on, State& s) {
    s.matrix = convert(on, users, items, s.triples.view());
  };
  return timed_on_device(std::move(device), std::move(state), work,
                         [](gpu::Device&, const State& s) { return flattened(s.matrix.download()); });
}

}  // namespace

TimedRun csr_on_device(gpu::DevicePtr device, const Inputs& in) {
  return run(std::move(device), in, gpu::csr_from_triples);
}
TimedRun csr_by_thrust(gpu::DevicePtr device, const Inputs& in) { return run(std::move(device), in, csr_by_thrust); }

}  // namespace embrace::cases
