// What draws samples on the device; the numbers are those of host/learning/samples.cpp, bit for bit.
#pragma once
#include "cuda/learning/samples.hpp"
#include "cuda/math/random.cuh"

namespace embrace::gpu {

struct SampleSource {
  DeviceCsrView ratings;
  DeviceSpan<const std::int32_t> users;      // of each entry of the ratings
  DeviceSpan<const std::int64_t> positives;  // entries that are used
  DeviceSpan<const std::int32_t> trained;    // movies with ratings
  DeviceRandom sampling;
  std::uint32_t epoch;

  __device__ bool has(std::int32_t user, std::int32_t item) const {
    std::int64_t low = ratings.begin(user), high = ratings.end(user);
    while (low < high) {
      const std::int64_t middle = low + (high - low) / 2;
      if (ratings.indices[middle] < item) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low < ratings.end(user) && ratings.indices[low] == item;
  }

  /// As embrace::Samples::negative.
  __device__ std::int32_t negative(std::int32_t user, std::uint64_t sample) const {
    constexpr std::uint64_t trials = 32;
    const auto count = static_cast<std::uint64_t>(trained.size);
    for (std::uint64_t trial = 0; trial < trials; ++trial) {
      const auto place = static_cast<std::int64_t>(sampling.below(count, sample * trials + trial, epoch));
      if (!has(user, trained[place])) return trained[place];
    }
    auto place = static_cast<std::int64_t>(sampling.below(count, sample * trials, epoch));
    while (has(user, trained[place])) place = place + 1 == trained.size ? 0 : place + 1;  // ends: users with all movies
    return trained[place];                                                                // have no samples
  }
};

}  // namespace embrace::gpu
