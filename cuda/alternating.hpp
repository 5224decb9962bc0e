// What als and ials share on a device beside their solver.
#pragma once
#include <cstdint>
#include <vector>

#include "cuda/device.hpp"
#include "host/random.hpp"

namespace embrace::gpu {

/// vectors(r, k) = deviation · normal(r, k) of the stream `initial` for rows with ratings, as on the CPU up to the last
/// bit of the device's log and cos; the other rows stay as they are.
void draw_vectors(Device& device, std::uint64_t seed, double deviation, DeviceCsrView rows,
                  DeviceMatrixView<float> vectors);

/// penalty[r] = ridge_r |x_r|² + bias_ridge b_r²; an empty bias is zero.
void compute_penalties(Device& device, DeviceMatrixView<const float> vectors, DeviceSpan<const float> ridge,
                       DeviceSpan<const float> bias, double bias_ridge, DeviceSpan<double> penalty);

/// regularization · (n_r + offset)^exponent for each row; computed on the host, so that both backends have the same.
std::vector<float> ridges(CsrView rows, double regularization, double offset, double exponent);

}  // namespace embrace::gpu
