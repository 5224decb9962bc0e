#pragma once
#include <memory>

#include "cuda/device/device.hpp"
#include "cuda/operations.hpp"

namespace embrace::gpu {

/// The operations share the device; what they prepare keeps it alive.
std::unique_ptr<Operations> operations_on(DevicePtr device);

}  // namespace embrace::gpu
