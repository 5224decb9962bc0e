#include "bench/machine.hpp"

#include <sys/resource.h>
#include <sys/utsname.h>
#include <zlib.h>

#include <cctype>
#include <chrono>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <nlohmann/json.hpp>

#include "host/math/product.hpp"
#include "host/threads.hpp"

namespace embrace {
namespace {

/// The text behind "key" in a file of "key : value" lines; empty when there is none.
std::string value_of(const char* file, const std::string& key) {
  std::ifstream stream(file);
  for (std::string line; std::getline(stream, line);) {
    if (!line.starts_with(key)) continue;
    const std::size_t colon = line.find(':');
    if (colon == std::string::npos) continue;
    const std::size_t begin = line.find_first_not_of(" \t", colon + 1);
    return begin == std::string::npos ? "" : line.substr(begin);
  }
  return "";
}

std::int64_t kilobytes(const char* file, const std::string& key) {
  const std::string value = value_of(file, key);
  return value.empty() || std::isdigit(static_cast<unsigned char>(value[0])) == 0 ? 0 : std::stoll(value) * 1024;
}

}  // namespace

std::string cpu_name() {
  const std::string model = value_of("/proc/cpuinfo", "model name");
  return model.empty() ? "unknown CPU" : model;
}

std::string machine_name() {
  utsname name{};
  uname(&name);
  const std::string release = name.release;
  const std::size_t second_dot = release.find('.', release.find('.') + 1);
  return std::string(name.sysname) + " " + release.substr(0, second_dot) + " " + name.machine + ", " +
         std::to_string(usable_processors()) + " processors, " + std::to_string(total_memory_bytes() >> 30U) + " GiB";
}

std::string library_names() {
  return blas_name() + ", zlib " + zlibVersion() + ", nlohmann-json " + std::to_string(NLOHMANN_JSON_VERSION_MAJOR) +
         "." + std::to_string(NLOHMANN_JSON_VERSION_MINOR) + "." + std::to_string(NLOHMANN_JSON_VERSION_PATCH);
}

double load_average() {
  double load = 0;
  return getloadavg(&load, 1) == 1 ? load : 0;
}

std::string utc_now() {
  const std::time_t now = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
  std::tm parts{};
  gmtime_r(&now, &parts);
  char text[32];
  const std::size_t size = std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts);
  return {text, size};
}

std::int64_t total_memory_bytes() { return kilobytes("/proc/meminfo", "MemTotal"); }
std::int64_t available_memory_bytes() { return kilobytes("/proc/meminfo", "MemAvailable"); }

void reset_peak_memory() {
  std::ofstream stream("/proc/self/clear_refs");
  stream << "5";  // resets VmHWM, see proc(5)
}

std::int64_t peak_memory_bytes() { return kilobytes("/proc/self/status", "VmHWM"); }

void limit_memory_to_available() {
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
  const std::int64_t available = available_memory_bytes();
  if (available <= 0) return;
  rlimit limit{};
  if (getrlimit(RLIMIT_DATA, &limit) != 0) return;
  const auto wanted = static_cast<rlim_t>(available + kilobytes("/proc/self/status", "VmData"));
  if (limit.rlim_cur == RLIM_INFINITY || wanted < limit.rlim_cur) {
    limit.rlim_cur = wanted;
    setrlimit(RLIMIT_DATA, &limit);
  }
#endif
}

}  // namespace embrace
