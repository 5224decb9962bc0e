#include "bench/cases/device.hpp"
#include "bench/cases/sampling.hpp"
#include "cuda/learning/samples.hpp"

namespace embrace::cases {
namespace {

/// The host's side of it, which the device's refers to.
struct Source {
  explicit Source(const Inputs& in) : threads(1), sampling(in, threads) {}
  Threads threads;
  Sampling sampling;
};

struct State {
  std::shared_ptr<Source> source;
  gpu::DeviceSamples samples;
  gpu::DeviceBuffer<std::int32_t> users, items, entries;
  gpu::DeviceBuffer<float> targets;
};

}  // namespace

TimedRun sample_on_device(gpu::DevicePtr device, const Inputs& in) {
  const auto source = std::make_shared<Source>(in);
  const std::int64_t size = source->sampling.size();
  State state{source,          {*device, source->sampling.problem, source->sampling.samples},
              {*device, size}, {*device, 2 * size},
              {*device, size}, {*device, size}};
  const auto work = [size](gpu::Device& on, State& s) {
    s.samples.draw(on, 0, 0, size, size, {s.users.span(), s.items.span(), s.entries.span(), s.targets.span()});
  };
  return timed_on_device(std::move(device), std::move(state), work, [](gpu::Device&, const State& s) {
    std::vector<double> all = doubles(s.users.download());
    for (const auto& part :
         {doubles(s.items.download()), doubles(s.entries.download()), doubles(s.targets.download())}) {
      all.insert(all.end(), part.begin(), part.end());
    }
    return all;
  });
}

}  // namespace embrace::cases
