// What item-knn and user-knn share on a device: the mean of what neighbours say of an item, or its sum. The twin of
// host/learning/neighbor_trainer.hpp, with its formulas.
#pragma once
#include <optional>
#include <string>

#include "cuda/device/memory_plan.hpp"
#include "cuda/math/neighbors.hpp"
#include "cuda/math/row_products.hpp"
#include "cuda/math/scoring.hpp"
#include "host/method.hpp"

namespace embrace::gpu {

/// mean + b_u + b_i of each pair.
struct DeviceBiases {
  double mean = 0;
  DeviceBuffer<float> users, items;
};

class NeighborTrainer : public Trainer {
 public:
  void predict(const PairsView& pairs, Span<float> out) const override;
  void score(Span<const std::int32_t> users, MatrixView out) const override;
  bool rank(Span<const std::int32_t> users, CsrView mask, std::int64_t depth, Span<ScoredItem> out) const override;
  void fold_in(CsrView ratings) override;
  std::string device_memory() const override { return plan_; }

 protected:
  /// Throws OutOfMemory when the plan, which begins with ratings_plan(), does not fit.
  NeighborTrainer(DevicePtr device, const Problem& problem, const MemoryPlan& plan);
  static MemoryPlan ratings_plan(const Problem& problem);
  static NeighborSettings settings_of(const Problem& problem);
  Device& device() const { return *device_; }

  /// Σ s x for all users and items, s the similarity of a neighbour and x what it says of the item; and Σ s.
  virtual SparseFactors sums() const = 0;
  virtual SparseFactors weights() const = 0;
  /// Users held out of training got these ratings; biases know already.
  virtual void know(CsrView ratings) = 0;

  /// What was trained on, users × items and transposed, with x for values, or without, which is ones.
  DeviceCsrView by_user() const { return by_user_.view(); }
  DeviceCsrView by_item() const { return by_item_.view(); }
  /// x of users × items.
  DeviceCsr values_of(CsrView ratings) const;
  EpochResult result_of(const DeviceCsr& neighbors) const;

  NeighborSettings settings_;

 private:
  DeviceCsr values_of(CsrView rows, bool of_users) const;
  Scorer scorer() const;

  DevicePtr device_;  // before everything that lies on it
  std::string plan_;
  float damping_;
  std::optional<DeviceBiases> biases_;  // of ratings
  DeviceCsr by_user_, by_item_;
};

}  // namespace embrace::gpu
