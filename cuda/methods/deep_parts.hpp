// What `deep` on a device is made of: what the host hands over for a start, and the buffers of a side.
#pragma once
#include <vector>

#include "cuda/device/memory_plan.hpp"
#include "cuda/methods/deep_slots.hpp"

namespace embrace::gpu {

/// What the host makes for a start, users first.
struct DeepStart {
  explicit DeepStart(const Problem& problem);

  embrace::Samples samples;
  embrace::Array<embrace::ModelSide> sides;
  HostNetwork network;
};

/// Entities as the network reads them.
struct Activations {
  Activations(Device& device, std::int64_t entities, std::int64_t factors, std::int64_t hidden_units);
  static std::int64_t bytes(std::int64_t entities, std::int64_t factors, std::int64_t hidden_units);
  /// From representations and the side's part of the first layer.
  void fill(Device& device, Values& values, std::int64_t slices, DeviceMatrixView<const float> first);
  DeepReads reads(DeviceSpan<const std::int32_t> row) const { return {hidden.view(), sum.view(), bias.span(), row}; }

  DeviceMatrix hidden;
  DeviceMatrix sum;
  DeviceBuffer<float> bias;
};

/// What a side needs beside its table.
struct DeepSide {
  DeepSide(Device& device, const embrace::ModelSide& start, double learning_rate, const Slots::Bounds& bounds,
           std::int64_t hidden_units);
  static std::int64_t bytes(const embrace::EmbeddingTable& table, const Slots::Bounds& bounds,
                            std::int64_t hidden_units);

  Values values;       // by slot
  Activations active;  // by slot
  Values gradients;    // by slot, of the representations
  Activations common;  // by slot: gradients of the first layer's part, of all slices alike, of the bias
  AdagradSide rows;
  DeviceBuffer<Sum> partials;
  FrozenVectors frozen;
};

MemoryPlan deep_plan(const Problem& problem, const DeepStart& start);

}  // namespace embrace::gpu
