// The factories of all methods on a device: cuda/<method>.cu defines one, or cuda/missing.def says why there is none.
#pragma once
#include <memory>

#include "cuda/device/device.hpp"
#include "host/method.hpp"

namespace embrace::gpu {

#define EMBRACE_METHOD(identifier) std::unique_ptr<Trainer> make_##identifier(DevicePtr device, const Problem& problem);
#include "host/methods/methods.def"
#undef EMBRACE_METHOD

}  // namespace embrace::gpu
