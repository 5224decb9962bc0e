// Where an epoch's time went on a device, in words: what a Profile hands out. No toolkit is needed to read this.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

namespace embrace::gpu {

/// A phase of an epoch: what the sources name by EMBRACE_PHASE.
struct PhaseTime {
  std::string name;  // "outer / inner" for a phase inside another; empty: all of it
  double milliseconds = 0;
  std::int64_t calls = 0;
};

/// While it lives, phases are timed, and a profiler that waits for cudaProfilerStart records.
class Profile {
 public:
  virtual ~Profile() = default;
  /// Waits for the device. Times since the last call, or since the profile was made: all of it, then the phases in the
  /// order in which they were first seen.
  virtual std::vector<PhaseTime> take() = 0;
};

}  // namespace embrace::gpu
