// What rows of an EmbeddingTable on a device learn by: Adagrad, the twin of host/learning/adagrad_side.hpp.
#pragma once
#include "cuda/learning/embedding_table.hpp"
#include "host/learning/sides.hpp"

namespace embrace::gpu {

/// A table, to be written, with its sums of squared gradients, and what its rows pay and may use.
struct AdagradView {
  DeviceMatrixView<float> weights;
  DeviceSpan<float> weights_bias;
  DeviceMatrixView<float> sums;
  DeviceSpan<float> sums_bias;
  DeviceSpan<const float> penalties;  // by row, for each sample that reads it
  DeviceSpan<const float> rates;      // by row, a share of the learning rate
  float learning_rate = 0;
};

class AdagradSide {
 public:
  AdagradSide(Device& device, const embrace::ModelSide& start, double learning_rate);
  static std::int64_t bytes(const embrace::EmbeddingTable& table);
  AdagradView view(EmbeddingTable& table);

 private:
  DeviceBuffer<float> sums_;  // rows as in the table, 1 at first, also beyond the last column
  DeviceBuffer<float> sums_bias_;
  DeviceBuffer<float> penalties_;
  DeviceBuffer<float> rates_;
  float learning_rate_;
};

}  // namespace embrace::gpu
