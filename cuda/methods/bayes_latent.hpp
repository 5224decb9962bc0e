// The latent numbers of `bayes` with output=probit on the device: the twin of host/methods/bayes_latent.hpp. Scores are
// counted there, cutpoints are drawn of the counts by the host, and latent numbers between them on the device again.
#pragma once
#include <cstdint>

#include "cuda/device/device.hpp"
#include "cuda/methods/bayes_model.hpp"
#include "host/methods/bayes_latent.hpp"

namespace embrace::gpu {

class BayesLatent {
 public:
  /// Throws what cpu::cutpoints_of() throws.
  BayesLatent(Device& device, CsrView ratings, const Random& random);
  static std::int64_t bytes(CsrView ratings);  // at most

  const cpu::Cutpoints& cutpoints() const { return cutpoints_; }
  BayesLevels levels() const { return {bounds_.span(), values_.span()}; }
  /// By entry of the ratings; before the first sample those that the model begins with.
  DeviceSpan<const float> numbers() const { return numbers_.span(); }
  /// Draws cutpoints, then latent numbers given both; `residuals` are in the order of the ratings. Waits once.
  void sample(Device& device, std::uint64_t sweep, DeviceSpan<float> residuals);

 private:
  BayesNumbers random_;
  Random cutpoint_random_;
  cpu::Cutpoints cutpoints_;
  DeviceBuffer<std::uint8_t> level_;  // by entry
  DeviceBuffer<float> numbers_;
  DeviceBuffer<std::uint32_t> counts_;  // levels × bins of cpu::ScoreCounts
  DeviceBuffer<double> bounds_;
  DeviceBuffer<float> values_;
};

}  // namespace embrace::gpu
