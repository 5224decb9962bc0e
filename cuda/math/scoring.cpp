#include "cuda/math/scoring.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "host/error.hpp"
#include "host/span.hpp"

namespace embrace::gpu {
namespace {

/// Scores that are held at a time: they are read soon, so they should stay in the level 2 cache (40 MB on the A100, 50
/// on the H100).
constexpr std::int64_t score_bytes = std::int64_t{32} << 20U;

constexpr std::int64_t pairs_at_a_time = std::int64_t{1} << 22U;

/// use(first, scores) for parts of the users, each beginning at `first`, once they have been scored.
template <typename Use>
void for_parts(Device& device, const Scorer& score, std::int64_t items, DeviceSpan<const std::int32_t> users,
               const Use& use) {
  if (users.empty()) return;
  const std::int64_t most = std::clamp<std::int64_t>(score_bytes / std::max<std::int64_t>(4 * items, 1), 1, users.size);
  DeviceBuffer<float> memory(device, most * items);
  for (std::int64_t first = 0; first < users.size; first += most) {
    const std::int64_t count = std::min(most, users.size - first);
    const DeviceMatrixView<float> scores{memory.span().data, count, items, items};
    score(users.part(first, count), scores);
    use(first, scores);
  }
}

}  // namespace

void predict_in_parts(Device& device, const PairScorer& predict, const PairsView& pairs, Span<float> out) {
  const std::int64_t size = out.size();
  const std::int64_t most = std::min(size, pairs_at_a_time);
  DeviceBuffer<std::int32_t> users(device, most), items(device, most);
  DeviceBuffer<float> predicted(device, most);
  for (std::int64_t first = 0; first < size; first += most) {
    const std::int64_t count = std::min(most, size - first);
    device.upload(pairs.users.subspan(first, count), users.span().part(0, count));
    device.upload(pairs.items.subspan(first, count), items.span().part(0, count));
    predict(users.span().part(0, count), items.span().part(0, count), predicted.span().part(0, count));
    device.download(DeviceSpan<const float>(predicted.span().part(0, count)), out.subspan(first, count));
  }
}

void score_users(Device& device, const Scorer& score, Span<const std::int32_t> users, MatrixView out) {
  const DeviceBuffer<std::int32_t> chosen(device, users);
  for_parts(device, score, out.columns, chosen.span(), [&](std::int64_t first, DeviceMatrixView<const float> scores) {
    download(device, scores, {out.row(first), scores.rows, out.columns, out.stride});
  });
}

bool rank_users(Device& device, const Ranker& rank, Span<const std::int32_t> users, CsrView mask, std::int64_t depth,
                Span<ScoredItem> out) {
  if (depth > longest_list) return false;
  if (out.empty()) return true;
  const DeviceBuffer<std::int32_t> chosen(device, users);
  const DeviceBuffer<std::int64_t> offsets(device, {mask.offsets, mask.rows + 1});
  const DeviceBuffer<std::int32_t> indices(device, {mask.indices, mask.entries()});
  DeviceBuffer<ScoredItem> lists(device, out.size());
  rank({chosen.span(), {offsets.span(), indices.span(), {}, mask.rows, mask.columns}, depth, lists.span()});
  device.download(std::as_const(lists).span(), out);
  for (const ScoredItem& place : out) {
    if (std::isnan(place.score)) throw Diverged("score is not finite for an item to be ranked");
  }
  return true;
}

bool rank_users(Device& device, const Scorer& score, Span<const std::int32_t> users, CsrView mask, std::int64_t depth,
                Span<ScoredItem> out) {
  const Ranker rank = [&](const Ranking& ranking) {
    for_parts(device, score, mask.columns, ranking.users,
              [&](std::int64_t first, DeviceMatrixView<const float> scores) {
                rank_scores(device, scores, ranking.part(first, scores.rows));
              });
  };
  return rank_users(device, rank, users, mask, depth, out);
}

}  // namespace embrace::gpu
