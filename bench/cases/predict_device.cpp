#include "bench/cases/device.hpp"
#include "cuda/learning/embedding.hpp"
#include "host/span.hpp"

namespace embrace::cases {

TimedRun predict_on_device(gpu::DevicePtr device, const Inputs& in) {
  struct State {
    gpu::DeviceEmbedding model;
    gpu::DeviceBuffer<std::int32_t> users, items;
    gpu::DeviceBuffer<float> out;
  };
  State state;
  state.model.users = uploaded(*device, in.a);
  state.model.items = uploaded(*device, in.b);
  state.users = {*device, Span<const std::int32_t>(in.ratings.users)};
  state.items = {*device, Span<const std::int32_t>(in.ratings.items)};
  state.out = {*device, state.users.size()};
  const auto work = [](gpu::Device& on, State& s) {
    gpu::predict_pairs(on, s.model.view(), s.users.span(), s.items.span(), s.out.span());
  };
  return timed_on_device(std::move(device), std::move(state), work,
                         [](gpu::Device&, const State& s) { return doubles(s.out.download()); });
}

}  // namespace embrace::cases
