// What als and ials share on a device beside their solver.
#pragma once
#include "cuda/device/device.hpp"

namespace embrace::gpu {

/// penalty[r] = ridge_r |x_r|² + bias_ridge b_r²; an empty bias is zero.
void compute_penalties(Device& device, DeviceMatrixView<const float> vectors, DeviceSpan<const float> ridge,
                       DeviceSpan<const float> bias, double bias_ridge, DeviceSpan<double> penalty);

/// embrace::ridge(regularization, n_r + offset, nu) of each row; computed on the host, so that both backends have the
/// same.
DeviceBuffer<float> ridges(Device& device, CsrView rows, double regularization, double offset, double nu);

}  // namespace embrace::gpu
