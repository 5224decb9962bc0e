#include "bench/devices.hpp"

#include <algorithm>
#include <cctype>

#include "bench/cuda_library.hpp"
#include "bench/machine.hpp"
#include "host/digest.hpp"
#include "host/error.hpp"
#include "host/files.hpp"
#include "host/text.hpp"

namespace embrace {
namespace {

constexpr std::string_view cuda_prefix = "cuda:";

bool names_cuda(const std::string& name) {
  return name.starts_with(cuda_prefix) && name.size() > cuda_prefix.size() &&
         std::all_of(name.begin() + cuda_prefix.size(), name.end(),
                     [](unsigned char c) { return std::isdigit(c) != 0; });
}

int cuda_number(const DeviceInfo& device) { return std::stoi(device.spec.substr(cuda_prefix.size())); }

}  // namespace

DeviceInfo cpu_device() { return {"cpu", DeviceKind::cpu, cpu_name(), "", ""}; }

std::vector<DeviceInfo> usable_devices() {
  std::vector<DeviceInfo> devices = {cpu_device()};
  const gpu::Probe& found = cuda_probe();
  for (const gpu::DeviceFacts& device : found.devices) {
    // A CUDA device that is a processor in disguise may not pass for a GPU in any table.
    const bool emulated = device.name.find("CPU") != std::string::npos;
    devices.push_back({"cuda:" + std::to_string(device.number), emulated ? DeviceKind::emulated : DeviceKind::gpu,
                       device.name, found.driver, found.toolkit});
  }
  return devices;
}

const gpu::Probe& cuda_probe() {
  static const gpu::Probe found = [] {
    const CudaLibrary& library = cuda_library();
    gpu::Probe probe;
    if (library.part == nullptr) {
      probe.problem = library.problem;
    } else {
      probe = library.part->backend.probe();
    }
    return probe;
  }();
  return found;
}

std::string why_no_cuda() { return cuda_probe().problem; }

std::vector<DeviceInfo> parse_devices(const std::string& text) {
  std::vector<DeviceInfo> chosen;
  for (std::string name : split_text(text, ',')) {
    if (name == "cpu") {
      chosen.push_back(cpu_device());
      continue;
    }
    const std::vector<DeviceInfo> usable = usable_devices();
    if (name == "all") return usable;
    if (name == "cuda") name = "cuda:0";
    const auto found = std::find_if(usable.begin(), usable.end(), [&](const DeviceInfo& d) { return d.spec == name; });
    if (found != usable.end()) {
      chosen.push_back(*found);
    } else if (names_cuda(name)) {
      const std::string reason = why_no_cuda();
      throw DeviceError("device '" + name + "' is not usable: " +
                        (reason.empty() ? "there is no CUDA device of this number; see embrace list devices" : reason));
    } else {
      throw UsageError("there is no device '" + name + "'", "use cpu, cuda:N or all");
    }
  }
  if (chosen.empty()) throw UsageError("no device given", "use cpu, cuda:N or all");
  return chosen;
}

std::unique_ptr<Trainer> make_trainer(const Method& method, const DeviceInfo& device, const Problem& problem) {
  if (device.kind == DeviceKind::cpu) return method.cpu(problem);
  return cuda_library().part->backend.make_trainer(method.name, cuda_number(device), problem);
}

std::vector<judge::Verdict> rate(const judge::JudgeInfo& judge, const DeviceInfo& device, const judge::RatingCase& work,
                                 Span<const std::uint64_t> seeds) {
  if (device.kind == DeviceKind::cpu || !judge.network || work.vectors != judge::VectorMode::frozen) {
    return judge.rate(work, seeds);
  }
  return cuda_library().part->backend.rate_by_network(cuda_number(device), work, judge.cross, seeds);
}

std::unique_ptr<cases::DeviceOperations> make_operations(const DeviceInfo& device) {
  return cuda_library().part->operations(cuda_number(device));
}

std::string build_sha256(const DeviceInfo& device) {
  constexpr std::int64_t largest_program = std::int64_t{4} << 30U;
  static const std::string program = sha256(read_file("/proc/self/exe", largest_program));
  if (device.kind == DeviceKind::cpu) return program;
  static const std::string both = sha256(program + sha256(read_file(cuda_library().file, largest_program)));
  return both;
}

}  // namespace embrace
