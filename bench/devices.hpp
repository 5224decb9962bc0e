// Devices by the names that users write: cpu, cuda:0, cuda:1 …
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "bench/cases/device_operations.hpp"
#include "cuda/backend.hpp"
#include "host/judge/judge.hpp"
#include "host/method.hpp"
#include "host/record.hpp"

namespace embrace {

struct DeviceInfo {
  std::string spec{};  // "cpu", "cuda:0"
  DeviceKind kind = DeviceKind::cpu;
  std::string name{};
  std::string driver{}, toolkit{};  // CUDA devices
};

/// The processor. Nothing of CUDA is loaded for it.
DeviceInfo cpu_device();
/// The devices that can be used here; "cpu" always comes first.
std::vector<DeviceInfo> usable_devices();

/// What the CUDA part found on this machine; asked once.
const gpu::Probe& cuda_probe();

/// Why no CUDA device can be used, and the mend; empty when one can.
std::string why_no_cuda();

/// A comma-separated list of names, or `all`. Throws DeviceError (exit 4) for a named device that is not usable,
/// UsageError for a name that is none.
std::vector<DeviceInfo> parse_devices(const std::string& text);

/// A trainer on the device. Throws Unsupported when the method has none there, OutOfMemory when it does not fit.
std::unique_ptr<Trainer> make_trainer(const Method& method, const DeviceInfo& device, const Problem& problem);

/// What a judge says, its network trained on the device where the judge has one and its vectors stay frozen; else on
/// the processor. Throws OutOfMemory when it does not fit.
std::vector<judge::Verdict> rate(const judge::JudgeInfo& judge, const DeviceInfo& device, const judge::RatingCase& work,
                                 Span<const std::uint64_t> seeds);

/// The operations of bench/cases on a CUDA device.
std::unique_ptr<cases::DeviceOperations> make_operations(const DeviceInfo& device);

/// Digest of the code that computes on the device: of the running program, and of the CUDA part where that is it.
std::string build_sha256(const DeviceInfo& device);

}  // namespace embrace
