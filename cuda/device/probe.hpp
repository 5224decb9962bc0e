// What CUDA devices there are, or why there is none.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

namespace embrace::gpu {

struct DeviceFacts {
  int number = 0;
  std::string name;
  std::string capability;  // "9.0"
  int multiprocessors = 0;
  std::int64_t memory_bytes = 0;
  std::int64_t cache_bytes = 0;  // level 2
};

struct Probe {
  std::vector<DeviceFacts> devices;
  std::string driver;   // CUDA version that the driver supports; empty: no driver
  std::string toolkit;  // of the run time
  std::string problem;  // "reason; mend" when there is no device
};

/// Never throws for a machine without a device.
Probe probe();

}  // namespace embrace::gpu
