// Dense linear algebra on row-major matrices: the only caller of cuBLAS and cuSOLVER. Single precision throughout:
// tensor cores round their inputs to TF32 only where a name says so.
#pragma once
#include "cuda/device.hpp"

namespace embrace::gpu {

/// c = a bᵀ + beta c; a is m × n, b p × n, c m × p.
void multiply_transposed(Device& device, DeviceMatrixView<const float> a, DeviceMatrixView<const float> b, float beta,
                         DeviceMatrixView<float> c);

}  // namespace embrace::gpu
