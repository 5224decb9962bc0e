// What CUDA devices there are, or why there is none.
#pragma once
#include "cuda/backend.hpp"

namespace embrace::gpu {

/// Never throws for a machine without a device.
Probe probe();

}  // namespace embrace::gpu
