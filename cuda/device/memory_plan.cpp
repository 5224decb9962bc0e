#include "cuda/device/memory_plan.hpp"

#include <algorithm>
#include <cstdio>

#include "host/error.hpp"

namespace embrace::gpu {
namespace {

std::string mebibytes(std::int64_t bytes) {
  char text[32];
  std::snprintf(text, sizeof text, "%.1f", static_cast<double>(bytes) / 0x1p20);
  return text;
}

}  // namespace

MemoryPlan& MemoryPlan::add(std::string what, std::int64_t bytes) {
  parts_.emplace_back(std::move(what), bytes);
  return *this;
}

MemoryPlan& MemoryPlan::at_least(std::string what, std::int64_t least) {
  const std::int64_t more = least - bytes();
  return more > 0 ? add(std::move(what), more) : *this;
}

std::int64_t MemoryPlan::bytes() const {
  std::int64_t sum = 0;
  for (const auto& [what, bytes] : parts_) sum += bytes;
  return sum;
}

std::string MemoryPlan::text(const Device& device) const {
  std::string parts;
  for (const auto& [what, bytes] : parts_) parts += (parts.empty() ? "" : ", ") + what + " " + mebibytes(bytes);
  return "cuda:" + std::to_string(device.number()) + ": " + mebibytes(bytes()) + " MiB planned (" + parts + "), " +
         mebibytes(device.free_bytes()) + " MiB free";
}

void MemoryPlan::require(const Device& device, const std::string& hint) const {
  if (bytes() <= device.free_bytes()) return;
  const auto largest =
      std::max_element(parts_.begin(), parts_.end(), [](const auto& a, const auto& b) { return a.second < b.second; });
  throw OutOfMemory("the run does not fit on the device, above all its " + largest->first + ": " + text(device) +
                    (hint.empty() ? "" : "; " + hint));
}

}  // namespace embrace::gpu
