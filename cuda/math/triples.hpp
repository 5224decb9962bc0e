// Triples (row, column, value) on the device: ratings (user, movie, rating), or the entries of a sparse matrix.
#pragma once

#include "cuda/device/device.hpp"
#include "host/span.hpp"

namespace embrace::gpu {

/// Entry e is (rows[e], columns[e], values[e]); all three are of one length.
struct DeviceTriplesView {
  DeviceSpan<const std::int32_t> rows;
  DeviceSpan<const std::int32_t> columns;
  DeviceSpan<const float> values;
};

class DeviceTriples {
 public:
  DeviceTriples() = default;
  DeviceTriples(Device& device, Span<const std::int32_t> rows, Span<const std::int32_t> columns,
                Span<const float> values)
      : rows_(device, rows), columns_(device, columns), values_(device, values) {}

  DeviceTriplesView view() const { return {rows_.span(), columns_.span(), values_.span()}; }

 private:
  DeviceBuffer<std::int32_t> rows_, columns_;
  DeviceBuffer<float> values_;
};

}  // namespace embrace::gpu
