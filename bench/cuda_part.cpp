// The entry point of libembrace_cuda.so. Expands bench/cases.def: a case that is listed as one of the device's and is
// none fails to link.
#include "bench/cuda_part.hpp"

#include <algorithm>
#include <stdexcept>

#include "bench/cases/device.hpp"

namespace embrace {
namespace cases {

#define EMBRACE_CASE_ON_DEVICE(identifier) TimedRun identifier##_on_device(gpu::DevicePtr, const Inputs&);
#include "bench/cases.def"
#define EMBRACE_CASE_BY_THRUST(identifier) TimedRun identifier##_by_thrust(gpu::DevicePtr, const Inputs&);
#include "bench/cases.def"

namespace {

struct Entry {
  const char* identifier;
  DeviceCode code;
  TimedRun (*prepare)(gpu::DevicePtr, const Inputs&);
};

constexpr Entry entries[] = {
#define EMBRACE_CASE_ON_DEVICE(identifier) {#identifier, DeviceCode::ours, &identifier##_on_device},
#include "bench/cases.def"
#define EMBRACE_CASE_BY_THRUST(identifier) {#identifier, DeviceCode::thrust, &identifier##_by_thrust},
#include "bench/cases.def"
};

class OnDevice final : public DeviceOperations {
 public:
  explicit OnDevice(int device)
      : device_(std::make_shared<gpu::Device>(device)),
        flushed_(*device_, std::max<std::int64_t>(2 * device_->cache_bytes(), 1)) {}
  TimedRun prepare(const Operation& operation, DeviceCode code, const Inputs& in) override {
    const auto* found = std::find_if(std::begin(entries), std::end(entries), [&](const Entry& entry) {
      return operation.name == name_of(entry.identifier) && code == entry.code;
    });
    if (found == std::end(entries)) throw std::invalid_argument(operation.name + " has no run on CUDA devices");
    return found->prepare(device_, in);
  }
  void flush_caches() override {
    flushed_.clear();
    device_->synchronize();
  }

 private:
  gpu::DevicePtr device_;  // shared with what was prepared
  gpu::DeviceBuffer<char> flushed_;
};

}  // namespace
}  // namespace cases

namespace {

std::unique_ptr<cases::DeviceOperations> operations_on(int device) { return std::make_unique<cases::OnDevice>(device); }

}  // namespace
}  // namespace embrace

extern "C" __attribute__((visibility("default"))) const embrace::CudaPart* embrace_cuda_part(const char* build) {
  static const embrace::CudaPart part{embrace::gpu::backend(), &embrace::operations_on};
  return embrace::build_tag() == build ? &part : nullptr;
}
