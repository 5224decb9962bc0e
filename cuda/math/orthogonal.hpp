// host/math/orthogonal.hpp's tall matrices on the device. What is as long as the matrix is done there, in double; its
// n × n Gram matrix crosses, and is factorized by the host: a chain of n short steps, each of which decides whether a
// column adds a direction.
#pragma once
#include "cuda/device/device.hpp"
#include "host/array.hpp"

namespace embrace::gpu {

/// As embrace::triangle_of; waits for the device.
Array<double> triangle_of(Device& device, DeviceMatrixView<const float> x);

/// As embrace::orthonormalize.
void orthonormalize(Device& device, DeviceMatrixView<float> x, const Array<double>& r);

/// Bytes that either allocates while it runs.
std::int64_t orthogonal_bytes(std::int64_t rows, std::int64_t columns);

}  // namespace embrace::gpu
