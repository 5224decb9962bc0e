// What als and ials share on a device beside their solver.
#pragma once
#include <cstdint>
#include <vector>

#include "cuda/device/device.hpp"

namespace embrace::gpu {

/// penalty[r] = ridge_r |x_r|² + bias_ridge b_r²; an empty bias is zero.
void compute_penalties(Device& device, DeviceMatrixView<const float> vectors, DeviceSpan<const float> ridge,
                       DeviceSpan<const float> bias, double bias_ridge, DeviceSpan<double> penalty);

/// regularization · (n_r + offset)^exponent for each row; computed on the host, so that both backends have the same.
std::vector<float> ridges(CsrView rows, double regularization, double offset, double exponent);

}  // namespace embrace::gpu
