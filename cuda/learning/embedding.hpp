// A model that is vectors and biases, on the device, and what is asked of it: pairs, rows of scores, and lists.
//   score(u, i) = offset + b_u + b_i + p_u · q_i
#pragma once
#include "cuda/device/device.hpp"
#include "cuda/math/rank.hpp"

namespace embrace::gpu {

struct DeviceEmbeddingView {
  DeviceMatrixView<const float> users;  // users × factors; factors may be 0
  DeviceMatrixView<const float> items;  // rows of both as in DeviceMatrix: 16-byte aligned, zeros up to the stride
  DeviceSpan<const float> user_bias;    // absent: empty
  DeviceSpan<const float> item_bias;    // begins on 16 bytes
  float offset = 0;
};

constexpr float bias_of(DeviceSpan<const float> bias, std::int64_t index) { return bias.empty() ? 0.0F : bias[index]; }

struct DeviceEmbedding {
  DeviceMatrix users;
  DeviceMatrix items;
  DeviceBuffer<float> user_bias;  // empty: none
  DeviceBuffer<float> item_bias;
  float offset = 0;

  DeviceEmbeddingView view() const { return {users.view(), items.view(), user_bias.span(), item_bias.span(), offset}; }
};

/// out[p] = score(users[p], items[p]).
void predict_pairs(Device& device, const DeviceEmbeddingView& model, DeviceSpan<const std::int32_t> users,
                   DeviceSpan<const std::int32_t> items, DeviceSpan<float> out);

/// out(r, i) = score(users[r], i) for all items; out is users.size × items.
void score_items(Device& device, const DeviceEmbeddingView& model, DeviceSpan<const std::int32_t> users,
                 DeviceMatrixView<float> out);

/// Ranks all items by the scores that score_items() writes, without writing them.
void rank_items(Device& device, const DeviceEmbeddingView& model, const Ranking& ranking);

}  // namespace embrace::gpu
