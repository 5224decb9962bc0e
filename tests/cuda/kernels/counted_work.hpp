// What tests/golden/counts.md counts: epochs, operations and predictions on small data of stated shapes.
#pragma once
#include <functional>
#include <string>
#include <vector>

#include "cuda/device/device.hpp"

namespace embrace::test {

/// Ready to be done: data and models are on the device.
struct PreparedWork {
  std::int64_t units = 0;
  double declared_bytes = 0;  // a unit
  std::function<void()> run;
};

struct CountedWork {
  std::string name;
  std::string unit;
  std::function<PreparedWork(const gpu::DevicePtr&)> prepare;
};

const std::vector<CountedWork>& counted_works();

}  // namespace embrace::test
