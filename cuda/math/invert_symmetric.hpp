// The inverse of a large symmetric positive definite matrix on the device.
#pragma once
#include "cuda/device/device.hpp"

namespace embrace::gpu {

/// m becomes its inverse, both triangles; only the lower one is read. Throws Diverged when, as far as floats can tell,
/// m is not positive definite or its inverse is not finite. Waits for the device.
void invert_symmetric(Device& device, DeviceMatrixView<float> m);

/// Bytes that it allocates for n rows.
std::int64_t invert_symmetric_bytes(std::int64_t n);

}  // namespace embrace::gpu
