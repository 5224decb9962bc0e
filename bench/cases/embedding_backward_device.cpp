#include "bench/cases/embedding_device.hpp"

namespace embrace::cases {

TimedRun embedding_backward_on_device(gpu::DevicePtr device, const Inputs& in) {
  DeviceBatch batch(*device, in);
  gpu::represent(*device, batch.view());
  return timed_on_device(
      std::move(device), std::move(batch),
      [](gpu::Device& on, DeviceBatch& b) { gpu::find_slot_gradients(on, b.view()); },
      [](gpu::Device& on, const DeviceBatch& b) { return by_sample(on, b, &DeviceSide::gradients); });
}

}  // namespace embrace::cases
