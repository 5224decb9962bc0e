// The steps of a minibatch of `hybrid` on the device: coefficients, gradients, updates; host/methods/hybrid.cpp has the
// formulas.
#pragma once
#include <array>

#include "cuda/learning/adagrad_side.hpp"
#include "cuda/learning/frozen_vectors.hpp"
#include "cuda/learning/minibatches.hpp"
#include "host/methods/hybrid_loss.hpp"

namespace embrace::gpu {

/// One side of the model in a batch.
struct HybridSide {
  TableView table;
  SlotsView slots;
  std::int64_t index = 0;           // of the batch in the slots' lists
  std::int64_t most_entries = 0;    // of a batch
  DeviceMatrixView<float> vectors;  // by slot
  DeviceSpan<float> bias;
  DeviceMatrixView<float> gradients;
  DeviceSpan<float> bias_gradients;
  AdagradView rows;
  DeviceSpan<Sum> partials;
  FrozenView frozen;
};

struct HybridBatch {
  std::int64_t size;
  embrace::Loss loss;
  int sides;  // 2, or 3 with contexts
  float offset;
  std::array<HybridSide, 3> side;
  DeviceSpan<const float> targets;  // for warp, the samples' weights
  DeviceSpan<float> coefficients;   // of each sample: derivative of the loss by the score
  DeviceSpan<double> losses;        // of each block of samples
};

/// Blocks of samples whose losses are added apart.
std::int64_t hybrid_loss_blocks(std::int64_t samples, std::int64_t factors);
/// Rows of Sum that partial results of a side take.
std::int64_t hybrid_partials(const Slots::Bounds& bounds, std::int64_t factors);
/// Fills `vectors` and `bias` of all sides or of one, which must be zero: slots without any feature are not written.
void represent(Device& device, const HybridBatch& batch);
void represent(Device& device, const HybridBatch& batch, std::size_t side);
/// Backward and update of one batch whose sides are represented.
void learn(Device& device, const HybridBatch& batch);
/// Two of its three steps: gradients of all slots from the samples' coefficients; gradients of rows from those of the
/// slots, with one step of Adagrad.
void find_slot_gradients(Device& device, const HybridBatch& batch);
void update_rows(Device& device, const HybridBatch& batch);

/// out[p] += c_b + <c, q_u + q_i> for pairs, a row of `contexts` each.
void add_contexts(Device& device, DeviceMatrixView<const float> contexts, DeviceSpan<const float> bias,
                  DeviceMatrixView<const float> users, DeviceMatrixView<const float> items,
                  DeviceSpan<const std::int32_t> user_of_pair, DeviceSpan<const std::int32_t> item_of_pair,
                  DeviceSpan<float> out);

}  // namespace embrace::gpu
