// embrace doctor: what this machine can run, each line ok, warn or bad, with the mend.
#include <fmt/format.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "bench/cli/arguments.hpp"
#include "bench/cli/listing.hpp"
#include "bench/cli/shared_options.hpp"
#include "bench/devices.hpp"
#include "bench/machine.hpp"
#include "host/build_info.hpp"
#include "host/data/cache.hpp"
#include "host/error.hpp"
#include "host/math/product.hpp"
#include "host/threads.hpp"

namespace embrace::cli {
namespace {

struct Check {
  std::string name;
  std::string state;  // ok, warn, bad
  std::string found;
  std::string mend;  // empty when ok
};

Check blas_check() {
  try {
    use_one_blas_thread();
    const std::string core = better_blas_core();
    if (core.empty()) return {"linear algebra", "ok", blas_name(), ""};
    return {"linear algebra", "warn", blas_name(), "matrix products are slow; set OPENBLAS_CORETYPE=" + core};
  } catch (const std::exception& error) {
    return {"linear algebra", "bad", blas_name(), error.what()};
  }
}

Check governor_check() {
  std::ifstream stream("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor");
  std::string governor;
  if (!(stream >> governor)) return {"clock governor", "ok", "not shown by this machine", ""};
  if (governor == "performance") return {"clock governor", "ok", governor, ""};
  return {"clock governor", "warn", governor,
          "for timings set it to performance: cpupower frequency-set -g performance"};
}

Check load_check() {
  double load[1] = {0};
  const int processors = usable_processors();
  if (getloadavg(load, 1) != 1) return {"load", "ok", "not shown by this machine", ""};
  const std::string found = fmt::format("{:.1f} on {} processors", load[0], processors);
  if (load[0] < 0.5 * processors) return {"load", "ok", found, ""};
  return {"load", "warn", found, "other programs are running; times taken now are noisy"};
}

Check memory_check() {
  const std::int64_t free_mib = available_memory_bytes() >> 20U;
  return {"memory", free_mib > 512 ? "ok" : "warn",
          fmt::format("{} MiB free of {} MiB", free_mib, total_memory_bytes() >> 20U),
          free_mib > 512 ? "" : "close other programs, or use smaller data"};
}

Check cache_check() {
  const std::filesystem::path cache = load_options(DataArguments{}, {}).cache;
  if (cache.empty())
    return {"cache", "warn", "no HOME and no XDG_CACHE_HOME", "data are read again each time; give --cache DIR"};
  try {
    require_cache_folder(cache);
  } catch (const OutputError& error) {
    return {"cache", "warn", error.what(), "data are read again each time"};
  }
  if (access(cache.c_str(), W_OK) != 0) {
    return {"cache", "warn", cache.string() + " cannot be written", "data are read again each time; give --cache DIR"};
  }
  std::error_code error;
  const auto space = std::filesystem::space(cache, error);
  return {"cache", "ok", fmt::format("{} ({} GiB free)", cache.string(), error ? 0 : space.available >> 30U), ""};
}

Check cuda_check() {
  const gpu::Probe& found = cuda_probe();
  if (found.devices.empty()) return {"CUDA devices", "warn", "none", why_no_cuda()};
  std::string text;
  for (const gpu::DeviceFacts& device : found.devices) {
    text += fmt::format("cuda:{} {} (compute capability {}, {} multiprocessors, {} MiB), ", device.number, device.name,
                        device.capability, device.multiprocessors, device.memory_bytes >> 20U);
  }
  return {"CUDA devices", "ok", fmt::format("{}driver for CUDA {}, run time {}", text, found.driver, found.toolkit),
          ""};
}

}  // namespace

int doctor(const NameArguments& arguments) {
  const BuildInfo& build = build_info();
  const Check checks[] = {
      {"program", "ok",
       fmt::format("embrace {} ({}), {}, {}", build.version, build.commit, build.compiler, build.flags), ""},
      {"machine", "ok", machine_name(), ""},
      {"processor", "ok", cpu_name(), ""},
      memory_check(),
      blas_check(),
      governor_check(),
      load_check(),
      cache_check(),
      cuda_check()};
  std::vector<Fields> rows;
  for (const Check& check : checks) {
    Fields row = {{"check", check.name}, {"state", check.state}, {"found", check.found}};
    if (!check.mend.empty()) row.push_back({"mend", check.mend});
    rows.push_back(row);
  }
  if (arguments.json) {
    print_listing(rows, {}, true);
  } else {
    for (const Check& check : checks) {
      print_line(fmt::format("{:<5} {:<15} {}", check.state, check.name, check.found));
      if (!check.mend.empty()) print_line("      -> " + check.mend);
    }
  }
  return 0;
}

}  // namespace embrace::cli
