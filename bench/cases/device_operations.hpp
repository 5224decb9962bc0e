// The operations of bench/cases on one CUDA device. No toolkit is needed to use this header.
#pragma once
#include "bench/cases/operation.hpp"

namespace embrace::cases {

class DeviceOperations {
 public:
  virtual ~DeviceOperations() = default;
  /// Copies the inputs to the device. The operation has a run of that code there: `on_device`, `by_thrust`.
  virtual TimedRun prepare(const Operation& operation, DeviceCode code, const Inputs& in) = 0;
  /// Writes over the device's caches: what runs next finds them cold.
  virtual void flush_caches() = 0;
};

}  // namespace embrace::cases
