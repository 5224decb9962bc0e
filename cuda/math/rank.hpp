// The head of each user's list on the device, in the order that host/metrics/ranking.cpp ranks by.
#pragma once
#include "cuda/device/device.hpp"

namespace embrace::gpu {

/// What a list may hold at most.
inline constexpr std::int64_t longest_list = 1024;

/// scores(r, i) becomes minus infinity for the items i that row users[r] of `mask` holds. Throws Diverged when a score
/// is not finite, also of an item that is masked.
void mask_scores(Device& device, DeviceSpan<const std::int32_t> users, DeviceCsrView mask,
                 DeviceMatrixView<float> scores);

/// items(r, 0 … depth - 1): the items of row r by score descending, then item ascending, as floats' bits are ordered
/// but for -0, which equals 0; items of score minus infinity are left out, -1 follows the last. `values`: their scores.
/// depth ≤ longest_list. Both outputs are scores.rows × depth.
void top_items(Device& device, DeviceMatrixView<const float> scores, std::int64_t depth, DeviceSpan<std::int32_t> items,
               DeviceSpan<float> values);

}  // namespace embrace::gpu
