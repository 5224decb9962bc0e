// host/methods/lightgcn_model.hpp on the device: a table of vectors, which the graph of who rated what passes on, and
// the gradient of a batch's loss by it. The same items are drawn for the same groups of samples.
#pragma once
#include <vector>

#include "cuda/device/memory_plan.hpp"
#include "cuda/math/propagation.hpp"
#include "cuda/methods/lightgcn_kernels.hpp"
#include "host/method.hpp"
#include "host/methods/lightgcn_model.hpp"

namespace embrace::gpu {

/// The sizes of a model.
struct LightGcnShape {
  LightGcnShape(const Problem& problem, const embrace::Samples& samples);
  /// Of a batch of so many samples.
  std::int64_t groups(std::int64_t size) const;
  std::int64_t parts(std::int64_t size) const;
  std::int64_t loss_blocks(std::int64_t size) const;

  std::int64_t users, items, factors, layers;
  std::int64_t negatives;  // items that a group draws; for bpr none
  std::int64_t trained;    // items with ratings
  std::int64_t batch;      // samples of a batch, at most

  std::int64_t nodes() const { return users + items; }
};

class LightGcnModel {
 public:
  /// `samples`, `graph` and `drawing` are of the same problem; what draws must outlive the model.
  LightGcnModel(Device& device, const Problem& problem, const embrace::Samples& samples,
                const embrace::Propagation& graph, const DeviceSamples& drawing);
  static MemoryPlan plan(const Problem& problem, const embrace::Samples& samples, const embrace::Propagation& graph);

  const LightGcnShape& shape() const { return shape_; }
  /// What is learned: a row a node.
  DeviceMatrix& table() { return table_; }

  /// In which groups [first, first + count) since training began draw their items.
  std::vector<Permutation> orders(std::int64_t first, std::int64_t count) const;

  /// Losses of blocks of a batch's samples, without the penalty; afterwards gradient() has the derivatives of the mean
  /// loss with the penalty.
  void differentiate(Device& device, const LightGcnBatch& batch, DeviceSpan<double> losses);
  const DeviceMatrix& gradient() const { return gradient_; }

  /// Vectors whose products are the scores: the mean of the layers, of length one where the loss is of directions.
  void represent(Device& device, DeviceMatrixView<float> users, DeviceMatrixView<float> items);
  /// Whether those that were represented last are numbers.
  bool finite(Device& device) const;

 private:
  void contrast_groups(Device& device, const LightGcnBatch& batch, const PartLists& lists, DeviceSpan<double> losses);

  LightGcnShape shape_;
  embrace::Contrast loss_;
  double regularization_;
  Random sampling_;
  const DeviceSamples& drawing_;
  Propagation graph_;
  DeviceMatrix table_;
  DeviceMatrix vectors_;          // mean of the layers
  DeviceMatrix vector_gradient_;  // of the loss by it
  DeviceMatrix gradient_;
  DeviceBuffer<float> counts_;  // parts of each node
  DeviceMatrix parts_;
  NodeSums node_sums_;
  DeviceMatrix directions_;           // of the parts; this and the rest for ccl and softmax alone
  DeviceBuffer<float> lengths_;       // that their vectors had
  DeviceMatrix scores_;               // sample × drawn item
  DeviceBuffer<float> slopes_;        // of the samples
  DeviceBuffer<std::int32_t> place_;  // (group, item)
};

}  // namespace embrace::gpu
