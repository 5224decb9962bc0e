// What a run will put on the device, added up before anything is allocated.
#pragma once
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "cuda/device/device.hpp"

namespace embrace::gpu {

class MemoryPlan {
 public:
  MemoryPlan& add(std::string what, std::int64_t bytes);
  /// A step before the rest is there takes `least` bytes: the plan grows by what that is more.
  MemoryPlan& at_least(std::string what, std::int64_t least);
  std::int64_t bytes() const;
  /// "cuda:0: 12.4 MiB planned (ratings 8.0, factors 4.4), 8192.0 MiB free"
  std::string text(const Device& device) const;
  /// Throws OutOfMemory with the plan and the hint when it is more than what is free.
  void require(const Device& device, const std::string& hint = {}) const;

 private:
  std::vector<std::pair<std::string, std::int64_t>> parts_;
};

}  // namespace embrace::gpu
