// Dense linear algebra on row-major matrices: the only caller of cuBLAS and cuSOLVER. Single precision throughout:
// tensor cores round their inputs to TF32 only where a name says so.
#pragma once
#include "cuda/device.hpp"

namespace embrace::gpu {

/// c = a bᵀ + beta c; a is m × n, b p × n, c m × p.
void multiply_transposed(Device& device, DeviceMatrixView<const float> a, DeviceMatrixView<const float> b, float beta,
                         DeviceMatrixView<float> c);

/// g = Σ y y' over the rows of y, in the first y.columns rows and columns of g.
void form_gram(Device& device, DeviceMatrixView<const float> y, DeviceMatrixView<float> g);

}  // namespace embrace::gpu
