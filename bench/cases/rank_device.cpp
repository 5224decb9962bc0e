#include <algorithm>
#include <numeric>

#include "bench/cases/by_thrust.hpp"
#include "bench/cases/device.hpp"
#include "bench/cases/factors.hpp"
#include "cuda/learning/embedding.hpp"
#include "cuda/math/rank.hpp"
#include "host/span.hpp"

namespace embrace::cases {
namespace {

struct State {
  gpu::DeviceEmbedding model;
  gpu::DeviceCsr mask;
  gpu::DeviceBuffer<std::int32_t> users;
  gpu::DeviceBuffer<ScoredItem> lists;

  gpu::Ranking ranking() { return {std::as_const(users).span(), mask.view(), kept, lists.span()}; }
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
  state.lists = {device, in.shape.users * kept};
  return state;
}

void rank(gpu::Device& device, State& s) { gpu::rank_items(device, s.model.view(), s.ranking()); }

/// Scores are ours; which come first is Thrust's to find, for so many at a time that memory holds its keys.
void rank_with_thrust(gpu::Device& device, State& s) {
  constexpr std::int64_t scores_together = std::int64_t{1} << 25U;
  const std::int64_t items = s.mask.view().columns;
  const std::int64_t together = std::clamp<std::int64_t>(scores_together / items, 1, s.users.size());
  gpu::DeviceBuffer<float> memory(device, together * items);
  for (std::int64_t first = 0; first < s.users.size(); first += together) {
    const gpu::Ranking part = s.ranking().part(first, std::min(together, s.users.size() - first));
    const gpu::DeviceMatrixView<float> scores{memory.span().data, part.users.size, items, items};
    gpu::score_items(device, s.model.view(), part.users, scores);
    rank_scores_by_thrust(device, scores, part);
  }
}

TimedRun run(gpu::DevicePtr device, const Inputs& in, void (*work)(gpu::Device&, State&)) {
  State state = state_of(*device, in);
  return timed_on_device(std::move(device), std::move(state), work, [](gpu::Device&, const State& s) {
    std::vector<double> items;
    for (const ScoredItem& place : s.lists.download()) items.push_back(place.item);
    return items;
  });
}

}  // namespace

TimedRun rank_on_device(gpu::DevicePtr device, const Inputs& in) { return run(std::move(device), in, rank); }
TimedRun rank_by_thrust(gpu::DevicePtr device, const Inputs& in) {
  return run(std::move(device), in, rank_with_thrust);
}

}  // namespace embrace::cases
