// host/methods/two_tower_table.hpp on the device: one side of `two-tower`.
#pragma once
#include "cuda/learning/embedding_table.hpp"
#include "cuda/learning/table_adam.hpp"
#include "cuda/math/rows.hpp"
#include "host/methods/two_tower_table.hpp"

namespace embrace::gpu {

class TowerTable {
 public:
  TowerTable(Device& device, const embrace::TowerStart& start);
  /// With what a call allocates.
  static std::int64_t bytes(const embrace::TowerStart& start);

  /// Makes vectors() anew.
  void represent(Device& device);
  DeviceMatrixView<const float> vectors() const { return vectors_.view(); }
  /// Makes gradient(), as the table's rows, of the loss's by vectors().
  void pass_back(Device& device, DeviceMatrixView<const float> vector_gradient);
  const DeviceMatrix& gradient() const { return gradient_; }
  /// Adam on all rows, with the host's shares of the rate.
  void step(Device& device, double rate);
  /// False when a step has gone beyond all numbers. Waits.
  bool finite(Device& device) const { return table_.finite(device); }

 private:
  /// The rows of frozen vectors, of something that has the table's rows.
  template <typename T>
  DeviceMatrixView<T> frozen_rows(DeviceMatrixView<T> all) const {
    const TableView table = table_.view();
    return {all.row(table.first_frozen()), table.frozen.columns, all.columns, all.stride};
  }

  EmbeddingTable table_;
  RowPlan entry_plan_;
  DeviceCsr readers_;  // rows of the table but those of frozen vectors × entities
  RowPlan reader_plan_;
  DeviceMatrix vectors_;
  DeviceMatrix gradient_;
  TableAdam adam_;
};

}  // namespace embrace::gpu
