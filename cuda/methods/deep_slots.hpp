// The sparse half of a minibatch of `deep` on a device: representations of slots, their gradients, Adagrad of
// touched rows.
#pragma once
#include <array>

#include "cuda/learning/adagrad_side.hpp"
#include "cuda/learning/frozen_vectors.hpp"
#include "cuda/learning/minibatches.hpp"
#include "cuda/methods/deep_model.hpp"

namespace embrace::gpu {

/// One side of the model in a batch.
struct DeepSideBatch {
  TableView table;
  SlotsView slots;
  std::int64_t most_entries = 0;    // of a batch
  DeviceMatrixView<float> vectors;  // (slot, slice) × factors
  DeviceSpan<float> bias;           // (slot, slice)
  DeepReads reads;                  // of the batch's samples
  // Gradients by slot: first layer's pre-activations, representation, what all slices have in common, bias.
  DeviceMatrixView<float> hidden_gradients;
  DeviceMatrixView<float> gradients;
  DeviceMatrixView<float> interactions;
  DeviceSpan<float> bias_gradients;
  AdagradView rows;
  DeviceSpan<Sum> partials;
  FrozenView frozen;
};

struct DeepBatch {
  std::int64_t index;
  int sides;  // 2, or 3 with contexts
  std::array<DeepSideBatch, 3> side;
  DeviceSpan<const float> coefficients;
  DeviceMatrixView<const float> g1;
  bool interacts;  // whether scores have products of the sides' sums
};

/// Sums that partial results of a side take.
std::int64_t deep_partials(const Slots::Bounds& bounds, std::int64_t factors, std::int64_t hidden);
/// Fills vectors and bias, which must be zero: slices without entries are not written.
void represent(Device& device, const DeepBatch& batch);
/// Fills hidden_gradients, interactions and bias_gradients.
void sum_slot_gradients(Device& device, const DeepBatch& batch);
/// One step of Adagrad of each touched row.
void update_rows(Device& device, const DeepBatch& batch);

}  // namespace embrace::gpu
