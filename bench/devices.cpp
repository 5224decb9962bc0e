#include "bench/devices.hpp"

#include <algorithm>
#include <cctype>

#include "bench/machine.hpp"
#include "host/error.hpp"
#include "host/text.hpp"

namespace embrace {
namespace {

bool names_cuda(const std::string& name) {
  return name.starts_with("cuda:") && name.size() > 5 &&
         std::all_of(name.begin() + 5, name.end(), [](unsigned char c) { return std::isdigit(c) != 0; });
}

}  // namespace

std::vector<DeviceInfo> usable_devices() { return {{"cpu", "cpu", cpu_name(), "", ""}}; }

std::string why_no_cuda() { return "this build has no CUDA part; build it on a machine with nvcc"; }

std::vector<DeviceInfo> parse_devices(const std::string& text) {
  std::vector<DeviceInfo> usable = usable_devices();
  std::vector<DeviceInfo> chosen;
  for (std::string name : split_text(text, ',')) {
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
  if (device.kind == "cpu") return method.cpu(problem);
  throw Unsupported("method '" + method.name + "' has no CUDA trainer in this build");
}

}  // namespace embrace
