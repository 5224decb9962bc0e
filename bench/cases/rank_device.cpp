#include <numeric>

#include "bench/cases/device.hpp"
#include "bench/cases/factors.hpp"
#include "cuda/learning/embedding.hpp"
#include "cuda/math/scoring.hpp"
#include "host/span.hpp"

namespace embrace::cases {

TimedRun rank_on_device(gpu::DevicePtr device, const Inputs& in) {
  struct State {
    gpu::DeviceEmbedding model;
    gpu::DeviceCsr mask;
    gpu::DeviceBuffer<std::int32_t> users, items;
    gpu::DeviceBuffer<float> scores;
  };
  State state;
  state.model.users = uploaded(*device, in.a);
  state.model.items = uploaded(*device, in.b);
  const Csr mask =
      csr_from_triples(in.shape.users, in.shape.items, in.ratings.users, in.ratings.items, in.ratings.values);
  state.mask = {*device, mask.view()};
  std::vector<std::int32_t> everybody(static_cast<std::size_t>(in.shape.users));
  std::iota(everybody.begin(), everybody.end(), 0);
  state.users = {*device, Span<const std::int32_t>(everybody)};
  state.items = {*device, in.shape.users * kept};
  state.scores = {*device, in.shape.users * kept};
  const auto work = [](gpu::Device& on, State& s) {
    const auto score = [&](gpu::DeviceSpan<const std::int32_t> chosen, gpu::DeviceMatrixView<float> out) {
      gpu::score_items(on, s.model.view(), chosen, out);
    };
    gpu::rank_users(on, score, std::as_const(s.users).span(), s.mask.view(), kept, s.items.span(), s.scores.span());
  };
  return timed_on_device(std::move(device), std::move(state), work,
                         [](gpu::Device&, const State& s) { return doubles(s.items.download()); });
}

}  // namespace embrace::cases
