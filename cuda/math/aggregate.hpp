// Sparse rating aggregation on the device: the same bits as host/math/aggregate.hpp gives.
#pragma once
#include "cuda/device/device.hpp"
#include "cuda/math/triples.hpp"

namespace embrace::gpu {

/// Per row: number of ratings, Σ r and Σ r². Exact when all ratings are multiples of 1/2 in [0, 15.5]; ratings of
/// another scale are summed in double in the order given, which takes a sort of all of them.
struct DeviceAggregates {
  DeviceBuffer<std::int64_t> count;
  DeviceBuffer<double> sum;
  DeviceBuffer<double> squares;
};

/// Rows: all users, then all items.
DeviceAggregates aggregate_ratings(Device& device, std::int64_t users, std::int64_t items, DeviceTriplesView ratings);

/// The same of users × items.
DeviceAggregates aggregate_ratings(Device& device, DeviceCsrView ratings);
/// Bytes that it allocates, at most, beside the ratings.
std::int64_t aggregate_bytes(CsrView ratings);

}  // namespace embrace::gpu
