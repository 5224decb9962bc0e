// A relation block of `bayes` on the device: the twin of host/methods/bayes_block.hpp.
#pragma once
#include <cstdint>
#include <vector>

#include "cuda/methods/bayes_kernels.hpp"
#include "host/methods/bayes_block.hpp"

namespace embrace::gpu {

class BayesBlock {
 public:
  /// `values` of its rows, zeros, outlive it. The first block has the residuals of all ratings, in their order.
  BayesBlock(Device& device, const cpu::BlockShape& shape, const cpu::BlockRatings& ratings,
             const cpu::BlockModel& model, const Random& random, const BayesView& values);
  /// What it allocates, at most.
  static std::int64_t bytes(const cpu::BlockShape& shape, const cpu::BlockRatings& ratings, std::int64_t dimensions);

  BayesView values() const { return values_; }
  ConstBayesView weights() const { return weights_.view(); }
  /// Of its ratings, in its order.
  DeviceSpan<float> residuals() { return residuals_.span(); }

  /// Draws priors, then all parameters given those of the other blocks.
  void sample(Device& device, const BayesGiven& given);

  /// Everything of it, for tests.
  BayesBlockView view();

 private:
  BayesBlock(Device& device, const cpu::BlockShape& shape, const cpu::BlockRatings& ratings,
             const cpu::BlockModel& model, const Random& random, const BayesView& values, const Csr& features);
  void collect_columns(Device& device, const cpu::BlockShape& shape, const cpu::BlockRatings& ratings,
                       const Csr& features);
  void sample_by_dimension(Device& device, const BayesBlockView& block, const BayesGiven& given);

  double prior_;
  bool identity_;
  bool cold_ = false;  // whether there are rows without ratings
  BayesNumbers prior_random_, row_random_, column_random_;
  DeviceBuffer<std::int64_t> offsets_;
  DeviceBuffer<std::int32_t> first_, second_;
  DeviceBuffer<std::int64_t> order_;
  DeviceBuffer<float> residuals_;
  RowPlan plan_;
  DeviceCsr features_, readers_;
  std::vector<ColumnStep> steps_;
  DeviceBuffer<cpu::Column> columns_;
  DeviceBuffer<BayesField> fields_;
  BayesView values_;
  BayesTable own_;  // where it is not the values
  BayesTable weights_;
  DeviceBuffer<NormalPrior> priors_;
  DeviceBuffer<BayesQuad> quads_;
  DeviceBuffer<BayesColumnSums> partials_;
};

}  // namespace embrace::gpu
