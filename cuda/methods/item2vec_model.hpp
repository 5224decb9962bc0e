// host/methods/item2vec_model.hpp on the device: the table of vectors, and the gradient of a batch's loss by it. The
// same items are drawn for the same groups of baskets.
#pragma once
#include "cuda/device/memory_plan.hpp"
#include "cuda/methods/item2vec_kernels.hpp"
#include "host/array.hpp"
#include "host/method.hpp"
#include "host/span.hpp"

namespace embrace::gpu {

/// The sizes of a model; of a batch, what it may have at most.
struct Item2VecShape {
  explicit Item2VecShape(const Problem& problem);

  std::int64_t items, factors;
  std::int64_t size;    // items of a batch
  std::int64_t groups;  // of a batch
  std::int64_t room;    // items of a group

  std::int64_t rows() const { return groups * room; }
  std::int64_t drawn() const { return groups * Item2VecBatch::drawn_items; }
  std::int64_t listed() const { return 2 * size + drawn(); }
  std::int64_t parts() const { return 2 * rows() + drawn(); }
};

/// Cuts the baskets of an epoch into batches of so many items or more, and each of these into groups.
class Item2VecCuts {
 public:
  Item2VecCuts(const embrace::Baskets& baskets, std::int64_t batch);

  std::int64_t batches() const { return first_group_.size() - 1; }
  std::int64_t groups() const { return begins_.size() - 1; }
  /// Of each group among the items of the baskets, and the end of the last.
  Span<const std::int64_t> begins() const { return begins_; }
  /// `begins`: these on the device; `number`: of the epoch's first group since training began.
  Item2VecBatch batch(std::int64_t b, const BasketsView& baskets, DeviceSpan<const std::int64_t> begins,
                      std::int64_t number) const;

 private:
  Array<std::int64_t> begins_;
  Array<std::int64_t> first_group_{0};  // of each batch, and how many there are
};

class Item2VecModel {
 public:
  Item2VecModel(Device& device, const Problem& problem);
  static MemoryPlan plan(const Problem& problem);

  const Item2VecShape& shape() const { return shape_; }
  /// What is learned: the vectors of items, then those of contexts.
  DeviceMatrix& table() { return table_; }
  const DeviceMatrix& table() const { return table_; }

  /// Adds the losses of the batch's pairs to those of blocks, of which there are loss_blocks(); afterwards gradient()
  /// has the derivatives of their sum.
  void differentiate(Device& device, const Item2VecBatch& batch, DeviceSpan<double> losses);
  std::int64_t loss_blocks() const { return item2vec_loss_blocks(shape_.rows()); }
  const DeviceMatrix& gradient() const { return gradient_; }

 private:
  Item2VecShape shape_;
  double negatives_;
  std::uint64_t seed_;
  DeviceBuffer<std::int32_t> negative_items_;
  DeviceBuffer<double> up_to_;  // sums of their weights
  DeviceMatrix table_, gradient_;
  DeviceMatrix vectors_, drawn_;  // of a batch: in the groups' rows; contexts that groups draw
  DeviceMatrix scores_;           // row × drawn context of its group
  DeviceMatrix parts_;
  NodeSums sums_;  // of the parts, by row of the table
};

}  // namespace embrace::gpu
