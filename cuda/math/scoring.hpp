// Trainer::score and Trainer::rank on a device, for any model that can fill rows of scores there: all items of many
// users in parts that memory holds. What crosses to the host are scores or, of ranked lists, their heads alone.
#pragma once
#include <functional>

#include "cuda/device/device.hpp"
#include "host/method.hpp"
#include "host/span.hpp"

namespace embrace::gpu {

/// Fills scores(r, i) for users[r] and all items; the rows follow each other without gaps.
using Scorer = std::function<void(DeviceSpan<const std::int32_t> users, DeviceMatrixView<float> scores)>;

/// Fills out[p] for the pair (users[p], items[p]).
using PairScorer = std::function<void(DeviceSpan<const std::int32_t> users, DeviceSpan<const std::int32_t> items,
                                      DeviceSpan<float> out)>;

/// Trainer::predict of pairs without contexts.
void predict_in_parts(Device& device, const PairScorer& predict, const PairsView& pairs, Span<float> out);

/// Trainer::score; out is users.size() × items.
void score_users(Device& device, const Scorer& score, Span<const std::int32_t> users, MatrixView out);

/// Trainer::rank: false when a list is longer than cuda/math/rank.hpp takes.
bool rank_users(Device& device, const Scorer& score, Span<const std::int32_t> users, CsrView mask, std::int64_t depth,
                Span<ScoredItem> out);

/// The same with everything on the device; both outputs are users.size × depth, depth ≤ longest_list.
void rank_users(Device& device, const Scorer& score, DeviceSpan<const std::int32_t> users, DeviceCsrView mask,
                std::int64_t depth, DeviceSpan<std::int32_t> items, DeviceSpan<float> values);

}  // namespace embrace::gpu
