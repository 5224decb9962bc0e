// Sparse rating aggregation on the device: exact integers, the same bits as host/math/aggregate.hpp gives.
#pragma once
#include "cuda/device/device.hpp"
#include "cuda/math/triples.hpp"

namespace embrace::gpu {

/// Per row: number of ratings, Σ 2r and Σ (2r)².
struct DeviceAggregates {
  DeviceBuffer<std::int64_t> count;
  DeviceBuffer<std::int64_t> half_stars;
  DeviceBuffer<std::int64_t> quarter_stars;
};

/// Rows: all users, then all items. Throws std::invalid_argument for a rating that is no multiple of 1/2 in [0, 15.5].
DeviceAggregates aggregate_ratings(Device& device, std::int64_t users, std::int64_t items, DeviceTriplesView ratings);

}  // namespace embrace::gpu
