// host/methods/feature_ials_regression.hpp on the device: the same system, and the same steps.
#pragma once
#include "cuda/methods/baselines.hpp"
#include "host/methods/feature_ials_system.hpp"

namespace embrace::gpu {

class FeatureRegression {
 public:
  /// W = 0.
  FeatureRegression(Device& device, const embrace::FeatureSystem& system, std::int64_t factors);
  /// With what a call allocates.
  static std::int64_t bytes(const embrace::FeatureSystem& system, std::int64_t factors);

  /// Steps towards the regression of `vectors`, a row for each user or movie. Deterministic.
  void fit(Device& device, DeviceMatrixView<const float> vectors);

  std::int64_t features() const { return unknowns_.rows(); }
  /// Σ_f x_ef w_f, a row for each user or movie, also without ratings.
  DeviceMatrixView<const float> fitted() const { return fitted_.view(); }
  /// δ |w_f|² of each feature.
  void find_penalties(Device& device, DeviceSpan<double> penalty) const;
  /// Room for a vector of each user or movie until the next fit().
  DeviceMatrixView<float> room() { return difference_.view(); }

 private:
  PlannedRows forward_, backward_;
  DeviceBuffer<float> ridges_;
  DeviceMatrix unknowns_, residual_, direction_, product_;  // a row for each feature
  DeviceMatrix fitted_, difference_;                        // a row for each user or movie
  DeviceBuffer<double> parts_;                              // of sums over features, by factor
  DeviceBuffer<double> squares_, first_;                    // of the residual, by factor: now, and at the beginning
  DeviceMatrix coefficients_;                               // one row: lengths of a step, then its turns
  DeviceBuffer<int> done_;
};

}  // namespace embrace::gpu
