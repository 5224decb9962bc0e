// What mean, user-mean, item-mean, popularity and bias share on a device: a model of biases alone.
#pragma once
#include "cuda/learning/embedding_trainer.hpp"
#include "cuda/math/rows.hpp"

namespace embrace::gpu {

/// One side of the ratings with the plan for its rows.
struct PlannedRows {
  PlannedRows(Device& device, CsrView rows) : matrix(device, rows), plan(device, rows) {}
  static std::int64_t bytes(CsrView rows) { return DeviceCsr::bytes(rows) + RowPlan::bytes(rows); }
  DeviceCsr matrix;
  RowPlan plan;
};

/// bias[r] = Σ (value - mean - other[column]) / (regularization + size of r). An empty `other` is zero.
struct BiasSolve {
  double mean = 0;
  double regularization = 0;
  std::optional<double> otherwise;  // for rows without entries; absent: they keep what they have
};
void solve_biases(Device& device, const PlannedRows& rows, const BiasSolve& solve, DeviceSpan<const float> other,
                  DeviceSpan<float> bias);

/// bias[r] = size of r.
void count_rows(Device& device, const DeviceCsr& rows, DeviceSpan<float> bias);

/// Mean of all entries; 0 when there are none.
double global_mean(Device& device, const DeviceCsr& ratings);

}  // namespace embrace::gpu
