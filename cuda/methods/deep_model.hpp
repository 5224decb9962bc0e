// The network of `deep` on a device: its parameters with their Adam moments, and the steps of a minibatch that go
// through it. host/methods/deep_model.hpp has the formulas.
#pragma once
#include <vector>

#include "cuda/device/device.hpp"
#include "host/math/adam.hpp"
#include "host/methods/deep_model.hpp"

namespace embrace::gpu {

/// Views of all dense parameters, or of their gradients.
struct NetworkView {
  std::vector<DeviceMatrixView<float>> first;  // by side: (slice, factor up to the stride) × width
  DeviceMatrixView<float> first_bias;          // 1 × width
  DeviceMatrixView<float> second;              // hidden × hidden2
  DeviceMatrixView<float> second_bias;         // 1 × hidden2
  DeviceMatrixView<float> output;              // 1 × hidden2
};

/// What the network has at first, on the host.
struct HostNetwork {
  std::vector<Matrix> first;         // by side: inputs × the shape's width
  std::vector<std::int64_t> slices;  // by side
  embrace::DeepHead head;
};

/// Columns of the first layer on a device: those of a cross layer that stay linear begin on quads of their own.
std::int64_t device_width(const embrace::DeepShape& shape);

/// All dense parameters behind each other, so that one launch updates them.
class Network {
 public:
  Network(Device& device, const HostNetwork& host);
  static std::int64_t bytes(const HostNetwork& host);

  const NetworkView& values() const { return values_; }
  const NetworkView& gradients() const { return gradients_; }
  /// One Adam step of every parameter with its gradient.
  void update(Device& device, const embrace::AdamStep& step);

 private:
  DeviceBuffer<float> value_, gradient_, m_, v_;
  NetworkView values_, gradients_;
};

/// What samples read of a side: rows of `hidden` (first layer's part), `sum` (of the field embeddings) and `bias`.
struct DeepReads {
  DeviceMatrixView<const float> hidden;
  DeviceMatrixView<const float> sum;
  DeviceSpan<const float> bias;
  DeviceSpan<const std::int32_t> row;  // of each sample
};

/// Units that are left out: those whose 32 random bits are below. The counter is the sample's number in all epochs.
struct UnitDropout {
  float scale = 1;  // of those that are kept
  std::uint32_t below = 0;
  std::uint64_t seed = 0;
  std::uint64_t first = 0;
};

/// Samples with their activations, a row each.
struct DeepSamples {
  std::int64_t size;
  DeepReads users, items, contexts;  // contexts: no rows when there are none
  DeviceMatrixView<float> h1, h2;
  float offset;
  embrace::Interaction interaction;

  __host__ __device__ std::int64_t factor_quads() const { return users.sum.stride / 4; }
  /// Quads of h1 before the linear halves of a cross layer.
  __host__ __device__ std::int64_t unit_quads() const {
    return h1.stride / 4 - (interaction == embrace::Interaction::cross ? 2 * factor_quads() : 0);
  }
};

struct DeepTargets {
  DeviceSpan<const float> targets;
  bool ranking;
  DeviceSpan<float> coefficients;  // derivative of the loss by the score
  DeviceSpan<double> losses;       // of each block of samples
  DeviceMatrixView<float> g2;      // derivative by the second layer's pre-activations
};

std::int64_t deep_loss_blocks(std::int64_t samples);

/// sum(e) = Σ over slices of values(e, slice), bias likewise.
void sum_slices(Device& device, DeviceMatrixView<const float> values, DeviceSpan<const float> biases,
                std::int64_t slices, DeviceMatrixView<float> sum, DeviceSpan<float> bias);

/// Scores of pairs, without dropout.
void score_samples(Device& device, const NetworkView& network, const DeepSamples& samples, DeviceSpan<float> scores);

/// Forward and backward through both layers: h1, h2, coefficients, losses, g2, then g1, the derivative by the first
/// layer's pre-activations.
void learn_samples(Device& device, const NetworkView& network, const DeepSamples& samples, const UnitDropout& dropout,
                   const DeepTargets& targets, DeviceMatrixView<float> g1);

/// users[p] and items[p] of pair first + p, when pairs go through all items of one user after the other.
void list_pairs(Device& device, DeviceSpan<const std::int32_t> chosen, std::int64_t items, std::int64_t first,
                DeviceSpan<std::int32_t> user_of_pair, DeviceSpan<std::int32_t> item_of_pair);
/// 0, 1, 2, …
void count_up(Device& device, DeviceSpan<std::int32_t> out);

}  // namespace embrace::gpu
