// host/learning/samples.hpp on the device: the same samples in the same order, drawn where they are used.
#pragma once
#include "cuda/device/device.hpp"
#include "host/learning/samples.hpp"

namespace embrace::gpu {

/// Samples of consecutive batches, one place a sample; the users of batch t begin at t * batch. Pairwise: the movies of
/// batch t begin at 2 * t * batch, the sampled ones behind the others. Searched: the rated movies alone.
struct DrawnSamples {
  DeviceSpan<std::int32_t> users;
  DeviceSpan<std::int32_t> items;
  DeviceSpan<std::int32_t> entries;  // of the ratings; -1 for a sampled movie
  DeviceSpan<float> targets;
};

struct SampleSource;  // cuda/learning/samples.cuh

class DeviceSamples {
 public:
  /// `host` describes the same problem; both must outlive this.
  DeviceSamples(Device& device, const Problem& problem, const embrace::Samples& host);
  static std::int64_t bytes(const Problem& problem);

  /// Samples [first, first + size) of the epoch's order, in batches of `batch`; `first` is a multiple of it.
  void draw(Device& device, std::uint32_t epoch, std::int64_t first, std::int64_t size, std::int64_t batch,
            DrawnSamples out) const;
  /// What kernels draw from in an epoch.
  SampleSource source(std::uint32_t epoch) const;
  Permutation order(std::uint32_t epoch) const { return host_.order(epoch); }

 private:
  const embrace::Samples& host_;
  std::uint64_t seed_;
  DeviceCsr ratings_;
  DeviceBuffer<std::int32_t> users_;      // of each entry of the ratings
  DeviceBuffer<std::int64_t> positives_;  // entries that are used
  DeviceBuffer<std::int32_t> trained_;    // movies with ratings
};

}  // namespace embrace::gpu
