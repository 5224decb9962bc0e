// One epoch of stochastic gradient descent on the device: what cuda/methods/sgd.cpp trains with.
#pragma once
#include "cuda/device/device.hpp"
#include "cuda/methods/sgd_schedule.hpp"

namespace embrace::gpu {

/// What one step of the rating n of a row's n_r takes off, times the learning rate: λ n_r^(ν-1) of its vector and
/// λ_b / n_r of its bias.
struct alignas(8) SgdDecay {
  float factors;
  float bias;
};

/// Users or items.
struct SgdSide {
  DeviceMatrixView<float> factors;  // as in DeviceMatrix: rows on 16 bytes, zeros up to the stride
  DeviceSpan<float> bias;
  DeviceSpan<const SgdDecay> decay;
};

/// How an epoch ended: Σ e² before each update, and whether a factor or bias is not a number, or 1e15 or beyond.
struct SgdResult {
  double squares;
  std::int32_t unbounded;
};

/// A schedule's ratings on the device, and what an epoch needs beside the model.
struct DeviceSgd {
  DeviceSgd(Device& device, const SgdSchedule& schedule);
  /// Bytes that the constructor allocates.
  static std::int64_t bytes(std::int64_t groups, std::int64_t ratings);
  std::int64_t groups;
  DeviceBuffer<std::int64_t> offsets;
  DeviceBuffer<SgdRating> ratings;
  DeviceBuffer<double> squares;    // Σ e² by strip of users
  DeviceBuffer<SgdResult> result;  // one
};

/// decay[r] for a row of offsets[r + 1] - offsets[r] ratings; zeros for a row without.
void set_sgd_decay(Device& device, DeviceSpan<const std::int64_t> offsets, double regularization, double nu,
                   double bias_regularization, DeviceSpan<SgdDecay> decay);

struct SgdEpoch {
  std::uint64_t seed;   // of the orders
  std::uint32_t epoch;  // from 0
  float rate;
};

/// Runs the epoch and waits for it. 1 to 1024 factors. Deterministic.
SgdResult descend(Device& device, DeviceSgd& sgd, const SgdSide& users, const SgdSide& items, const SgdEpoch& epoch);

}  // namespace embrace::gpu
