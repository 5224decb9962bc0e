#include "bench/cases/embedding_device.hpp"

namespace embrace::cases {

TimedRun embedding_forward_on_device(gpu::DevicePtr device, const Inputs& in) {
  DeviceBatch batch(*device, in);
  return timed_on_device(
      std::move(device), std::move(batch), [](gpu::Device& on, DeviceBatch& b) { gpu::represent(on, b.view()); },
      [](gpu::Device& on, const DeviceBatch& b) { return by_sample(on, b, &DeviceSide::values); });
}

}  // namespace embrace::cases
