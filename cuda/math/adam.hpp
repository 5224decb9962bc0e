// Adam's step of whole arrays on a device, the twin of host/math/adam.hpp, which has the formula.
#pragma once
#include "cuda/device/device.hpp"
#include "host/math/adam.hpp"

namespace embrace::gpu {

/// Weights, their gradients and moments, all of one size.
struct AdamArrays {
  DeviceSpan<const float> gradient;
  DeviceSpan<float> value, m, v;
};

/// The first `decaying` weights decay, too; the others only follow their gradients.
void update_by_adam(Device& device, const embrace::AdamStep& step, std::int64_t decaying, const AdamArrays& arrays);

}  // namespace embrace::gpu
