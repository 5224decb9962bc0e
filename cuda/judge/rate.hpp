// The judges `mlp` and `cross` on a device: sources are prepared and the linear part is solved on the processor, the
// rows of all pairs go to the device once, and there the network learns.
#pragma once
#include <vector>

#include "cuda/device/device.hpp"
#include "host/judge/judge.hpp"

namespace embrace::gpu {

/// As judge::rate_by_mlp and judge::rate_by_cross, for vectors that stay frozen; settings are tried one after the
/// other. Throws OutOfMemory when the rows do not fit, std::invalid_argument for vectors that are not frozen.
std::vector<judge::Verdict> rate_by_network(const DevicePtr& device, const judge::RatingCase& work, bool cross,
                                            Span<const std::uint64_t> seeds);

}  // namespace embrace::gpu
