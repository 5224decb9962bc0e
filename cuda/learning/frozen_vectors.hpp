// Frozen vectors in a minibatch (host/learning/embedding_table.hpp): with X those of its slots, a row each, and W their
// rows of the table, representations get X W, and W the gradient X' G. Models without them have empty buffers here, for
// which nothing is launched.
#pragma once
#include "cuda/learning/embedding_table.hpp"

namespace embrace::gpu {

/// Of one side.
struct FrozenView {
  DeviceMatrixView<float> vectors;    // X, slot × columns; zero beyond the batch's slots
  DeviceMatrixView<float> gradients;  // of the rows, columns × factors
  DeviceSpan<float> bias_gradients;
  DeviceSpan<float> squares;  // Σ over samples of value²
};

class FrozenVectors {
 public:
  FrozenVectors(Device& device, const embrace::EmbeddingTable& host, const Slots::Bounds& bounds);
  static std::int64_t bytes(const embrace::EmbeddingTable& host, const Slots::Bounds& bounds);

  FrozenView view() { return {vectors_.view(), gradients_.view(), bias_gradients_.span(), squares_.span()}; }
  /// Gathers the vectors of the slots of batch `index` and adds to `values`, by slot, what they say.
  void represent(Device& device, const EmbeddingTable& table, const SlotsView& slots, std::int64_t index,
                 Values& values);

 private:
  DeviceMatrix vectors_;
  DeviceMatrix gradients_;
  DeviceBuffer<float> bias_gradients_;
  DeviceBuffer<float> squares_;
};

}  // namespace embrace::gpu
