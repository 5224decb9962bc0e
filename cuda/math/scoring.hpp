// Trainer::score and Trainer::rank on a device: of a model that can fill rows of scores there, or that ranks by itself.
// Many users' scores are made in parts that memory holds. What crosses to the host are scores or, of ranked lists,
// their heads alone, and then once.
#pragma once
#include <functional>

#include "cuda/device/device.hpp"
#include "cuda/math/rank.hpp"
#include "host/method.hpp"
#include "host/span.hpp"

namespace embrace::gpu {

/// Fills scores(r, i) for users[r] and all items; the rows follow each other without gaps.
using Scorer = std::function<void(DeviceSpan<const std::int32_t> users, DeviceMatrixView<float> scores)>;

/// Fills the lists of a ranking.
using Ranker = std::function<void(const Ranking&)>;

/// Fills out[p] for the pair (users[p], items[p]).
using PairScorer = std::function<void(DeviceSpan<const std::int32_t> users, DeviceSpan<const std::int32_t> items,
                                      DeviceSpan<float> out)>;

/// Trainer::predict of pairs without contexts.
void predict_in_parts(Device& device, const PairScorer& predict, const PairsView& pairs, Span<float> out);

/// Trainer::score; out is users.size() × items.
void score_users(Device& device, const Scorer& score, Span<const std::int32_t> users, MatrixView out);

/// Trainer::rank: false when a list is longer than cuda/math/rank.hpp takes.
bool rank_users(Device& device, const Ranker& rank, Span<const std::int32_t> users, CsrView mask, std::int64_t depth,
                Span<ScoredItem> out);
/// The same for a model that fills rows of scores.
bool rank_users(Device& device, const Scorer& score, Span<const std::int32_t> users, CsrView mask, std::int64_t depth,
                Span<ScoredItem> out);

}  // namespace embrace::gpu
