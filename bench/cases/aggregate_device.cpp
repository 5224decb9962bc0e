#include "bench/cases/by_thrust.hpp"
#include "bench/cases/device.hpp"
#include "cuda/math/aggregate.hpp"

namespace embrace::cases {
namespace {

using Aggregate = gpu::DeviceAggregates (*)(gpu::Device&, std::int64_t users, std::int64_t items,
                                            gpu::DeviceTriplesView ratings);

TimedRun run(gpu::DevicePtr device, const Inputs& in, Aggregate aggregate) {
  struct State {
    gpu::DeviceTriples ratings;
    gpu::DeviceAggregates sums;
  };
  State state{{*device, in.ratings.users, in.ratings.items, in.ratings.values}, {}};
  const std::int64_t users = in.shape.users, items = in.shape.items;
  const auto work = [users, items, aggregate](gpu::Device& on, State& s) {
    s.sums = aggregate(on, users, items, s.ratings.view());
  };
  return timed_on_device(std::move(device), std::move(state), work, [users](gpu::Device&, const State& s) {
    const auto columns = {doubles(s.sums.count.download()), s.sums.sum.download(), s.sums.squares.download()};
    std::vector<double> all;
    for (const auto& column : columns) all.insert(all.end(), column.begin(), column.begin() + users);
    for (const auto& column : columns) all.insert(all.end(), column.begin() + users, column.end());
    return all;
  });
}

}  // namespace

TimedRun aggregate_on_device(gpu::DevicePtr device, const Inputs& in) {
  return run(std::move(device), in, gpu::aggregate_ratings);
}
TimedRun aggregate_by_thrust(gpu::DevicePtr device, const Inputs& in) {
  return run(std::move(device), in, aggregate_by_thrust);
}

}  // namespace embrace::cases
