// Sums of whole arrays, in double and in an order that depends on the size alone.
#pragma once
#include "cuda/device/device.hpp"

namespace embrace::gpu {

double sum(Device& device, DeviceSpan<const float> values);
double sum(Device& device, DeviceSpan<const double> values);
double sum_of_squares(Device& device, DeviceSpan<const float> values);

}  // namespace embrace::gpu
