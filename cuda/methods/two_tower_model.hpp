// host/methods/two_tower_model.hpp on the device: the two tables, the gradient of a batch's loss by them, and the
// vectors that come of them. The batch is dealt to the same groups.
#pragma once
#include "cuda/device/memory_plan.hpp"
#include "cuda/methods/two_tower_kernels.hpp"
#include "cuda/methods/two_tower_table.hpp"
#include "host/method.hpp"
#include "host/methods/two_tower_model.hpp"

namespace embrace::gpu {

/// The sizes of a model.
struct TwoTowerShape {
  /// `pairs`: of an epoch.
  TwoTowerShape(const Problem& problem, std::int64_t pairs);
  PairGroups groups(std::int64_t size) const { return {size, most}; }
  std::int64_t loss_blocks() const;  // of an epoch
  std::int64_t rows() const;         // that the pairs of a batch may take
  std::int64_t scores() const;       // numbers that a batch's may take, with those at the ends of rows

  std::int64_t users, items, factors;
  std::int64_t most;   // pairs of a group
  std::int64_t batch;  // pairs of a batch, at most
  std::int64_t epoch;  // pairs of an epoch
};

/// The users and items of a batch's pairs.
struct PairBatch {
  DeviceSpan<const std::int32_t> users, items;
};

class TwoTowerModel {
 public:
  /// `pairs`: of an epoch.
  TwoTowerModel(Device& device, const Problem& problem, const embrace::TwoTowerStart& start, std::int64_t pairs);
  /// With what a call allocates.
  static MemoryPlan plan(const Problem& problem, const embrace::TwoTowerStart& start, std::int64_t pairs);

  const TwoTowerShape& shape() const { return shape_; }
  const TowerTable& users() const { return users_; }
  const TowerTable& items() const { return items_; }

  /// Losses of blocks of a batch's pairs, pair_blocks() of its groups; afterwards both tables have the gradient of the
  /// mean loss.
  void differentiate(Device& device, const PairBatch& pairs, DeviceSpan<double> losses);
  /// A step of both tables.
  void step(Device& device, double rate);

  /// Vectors of length one whose products are the scores, by whole histories.
  void represent(Device& device, DeviceMatrixView<float> users, DeviceMatrixView<float> items);
  /// Those of users who have something in `histories`, each once, by that; after represent().
  void represent_users(Device& device, CsrView histories, DeviceMatrixView<float> users);
  /// False when a step has gone beyond all numbers. Waits.
  bool finite(Device& device) const { return users_.finite(device) && items_.finite(device); }

 private:
  TowerBatch batch_of(const PairBatch& pairs);
  void multiply_groups(Device& device, const TowerBatch& batch, DeviceSpan<double> losses);
  void sum_histories(Device& device);

  TwoTowerShape shape_;
  float temperature_;
  DeviceCsr histories_;  // users × items, each once
  RowPlan history_plan_;
  DeviceCsr owners_;  // items × users, with the share that the item has in the mean of the user's other items
  RowPlan owner_plan_;
  DeviceBuffer<float> log_share_;
  TowerTable users_, items_;
  DeviceMatrix sums_;           // of histories, by user
  DeviceMatrix node_gradient_;  // sums of parts: by e and p of users, then by x as the item of a pair
  DeviceMatrix item_gradient_;  // the latter with x as an item of histories
  NodeSums node_sums_;
  DeviceMatrix directions_, parts_;  // this and the rest as TowerBatch has them
  DeviceBuffer<float> lengths_, corrections_;
  DeviceBuffer<std::int32_t> place_, next_;
  DeviceBuffer<float> scores_;
};

}  // namespace embrace::gpu
