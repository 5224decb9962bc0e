// Products of row-major matrices: the only caller of cuBLAS. Single precision throughout: tensor cores round their
// inputs to TF32 only where a name says so.
#pragma once
#include "cuda/device/device.hpp"

namespace embrace::gpu {

/// c = a b + beta c; a is m × n, b n × p, c m × p.
void multiply(Device& device, DeviceMatrixView<const float> a, DeviceMatrixView<const float> b, float beta,
              DeviceMatrixView<float> c);
/// c = a bᵀ + beta c; a is m × n, b p × n, c m × p.
void multiply_transposed(Device& device, DeviceMatrixView<const float> a, DeviceMatrixView<const float> b, float beta,
                         DeviceMatrixView<float> c);
/// c = aᵀ b + beta c; a is n × m, b n × p, c m × p.
void multiply_by_transposed(Device& device, DeviceMatrixView<const float> a, DeviceMatrixView<const float> b,
                            float beta, DeviceMatrixView<float> c);

/// g = Σ y y' over the rows of y, in the first y.columns rows and columns of g.
void form_gram(Device& device, DeviceMatrixView<const float> y, DeviceMatrixView<float> g);

}  // namespace embrace::gpu
