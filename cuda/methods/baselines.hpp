// What mean, user-mean, item-mean, popularity and bias share on a device: a model of biases alone.
#pragma once
#include "cuda/learning/embedding_trainer.hpp"
#include "cuda/math/rows.hpp"
#include "cuda/math/sparse.hpp"

namespace embrace::gpu {

/// One side of the ratings with the plan for its rows.
struct PlannedRows {
  PlannedRows(Device& device, CsrView rows) : matrix(device, rows), plan(device, rows) {}
  /// What is on the device already, `rows` being the same on the host.
  PlannedRows(Device& device, DeviceCsr on_device, CsrView rows) : matrix(std::move(on_device)), plan(device, rows) {}
  static std::int64_t bytes(CsrView rows) { return DeviceCsr::bytes(rows) + RowPlan::bytes(rows); }
  DeviceCsr matrix;
  RowPlan plan;
};

/// Both sides of the ratings; only the users' is uploaded.
struct PlannedRatings {
  PlannedRatings(Device& device, const Problem& problem)
      : by_user(device, problem.ratings), by_item(device, transposed(device, by_user.matrix.view()), problem.by_item) {}
  /// While the second is made, before anything else is.
  static std::int64_t making_bytes(const Problem& problem) {
    return PlannedRows::bytes(problem.ratings) + transposed_bytes(problem.ratings);
  }
  PlannedRows by_user;
  PlannedRows by_item;
};

/// bias[r] = Σ (value - mean - other[column]) / (regularization + size of r). An empty `other` is zero.
struct BiasSolve {
  double mean = 0;
  double regularization = 0;
  std::optional<double> otherwise;  // for rows without entries; absent: they keep what they have
};
void solve_biases(Device& device, const PlannedRows& rows, const BiasSolve& solve, DeviceSpan<const float> other,
                  DeviceSpan<float> bias);

/// bias[r] = sum[r] / count[r]; `otherwise` for rows without ratings.
void find_means(Device& device, DeviceSpan<const std::int64_t> count, DeviceSpan<const double> sum, double otherwise,
                DeviceSpan<float> bias);

/// bias[r] = count[r].
void copy_counts(Device& device, DeviceSpan<const std::int64_t> count, DeviceSpan<float> bias);

/// Mean of all entries; 0 when there are none.
double global_mean(Device& device, const DeviceCsr& ratings);

}  // namespace embrace::gpu
