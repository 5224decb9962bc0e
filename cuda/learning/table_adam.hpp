// host/learning/table_adam.hpp on the device: Adam on all rows of a table at once, each with a share of the rate.
#pragma once
#include "cuda/device/device.hpp"
#include "host/span.hpp"

namespace embrace::gpu {

class TableAdam {
 public:
  /// Row r takes `shares[r]` of the rate.
  TableAdam(Device& device, Span<const float> shares, std::int64_t columns);
  static std::int64_t bytes(std::int64_t rows, std::int64_t columns);

  /// A step of `table`, whose rows `gradient` has; both as in DeviceMatrix.
  void step(Device& device, double rate, DeviceMatrixView<const float> gradient, DeviceMatrixView<float> table);

 private:
  DeviceBuffer<float> shares_;
  DeviceMatrix first_moment_, second_moment_;
  std::int64_t steps_ = 0;  // so far
};

}  // namespace embrace::gpu
