#include <algorithm>
#include <numeric>

#include "bench/cases/by_thrust.hpp"
#include "bench/cases/device.hpp"
#include "bench/cases/factors.hpp"
#include "cuda/learning/embedding.hpp"
#include "cuda/math/rank.hpp"
#include "cuda/math/scoring.hpp"
#include "host/span.hpp"

namespace embrace::cases {
namespace {

struct State {
  gpu::DeviceEmbedding model;
  gpu::DeviceCsr mask;
  gpu::DeviceBuffer<std::int32_t> users, items;
  gpu::DeviceBuffer<float> scores;
};

State state_of(gpu::Device& device, const Inputs& in) {
  State state;
  state.model.users = uploaded(device, in.a);
  state.model.items = uploaded(device, in.b);
  const Csr mask =
      csr_from_triples(in.shape.users, in.shape.items, in.ratings.users, in.ratings.items, in.ratings.values);
  state.mask = {device, mask.view()};
  std::vector<std::int32_t> everybody(static_cast<std::size_t>(in.shape.users));
  std::iota(everybody.begin(), everybody.end(), 0);
  state.users = {device, Span<const std::int32_t>(everybody)};
  state.items = {device, in.shape.users * kept};
  state.scores = {device, in.shape.users * kept};
  return state;
}

void rank(gpu::Device& device, State& s) {
  const auto score = [&](gpu::DeviceSpan<const std::int32_t> chosen, gpu::DeviceMatrixView<float> out) {
    gpu::score_items(device, s.model.view(), chosen, out);
  };
  gpu::rank_users(device, score, std::as_const(s.users).span(), s.mask.view(), kept, s.items.span(), s.scores.span());
}

/// Scores and masks are ours; which come first is Thrust's to find, for so many scores at a time that memory holds its
/// keys.
void rank_with_thrust(gpu::Device& device, State& s) {
  constexpr std::int64_t scores_together = std::int64_t{1} << 25U;
  const std::int64_t items = s.mask.view().columns;
  const std::int64_t together = std::clamp<std::int64_t>(scores_together / items, 1, s.users.size());
  gpu::DeviceBuffer<float> memory(device, together * items);
  for (std::int64_t first = 0; first < s.users.size(); first += together) {
    const std::int64_t count = std::min(together, s.users.size() - first);
    const auto users = std::as_const(s.users).span().part(first, count);
    const gpu::DeviceMatrixView<float> scores{memory.span().data, count, items, items};
    gpu::score_items(device, s.model.view(), users, scores);
    gpu::mask_scores(device, users, s.mask.view(), scores);
    top_items_by_thrust(device, scores, kept, s.items.span().part(first * kept, count * kept),
                        s.scores.span().part(first * kept, count * kept));
  }
}

TimedRun run(gpu::DevicePtr device, const Inputs& in, void (*work)(gpu::Device&, State&)) {
  State state = state_of(*device, in);
  return timed_on_device(std::move(device), std::move(state), work,
                         [](gpu::Device&, const State& s) { return doubles(s.items.download()); });
}

}  // namespace

TimedRun rank_on_device(gpu::DevicePtr device, const Inputs& in) { return run(std::move(device), in, rank); }
TimedRun rank_by_thrust(gpu::DevicePtr device, const Inputs& in) {
  return run(std::move(device), in, rank_with_thrust);
}

}  // namespace embrace::cases
