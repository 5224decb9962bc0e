// Times the phases of a device without a profiler: events before and after each, on the device's stream.
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "cuda/device/device.hpp"
#include "cuda/device/profile.hpp"

namespace embrace::gpu {

/// While one lives, EMBRACE_PHASE tells it of every phase; at most one at a time, of the device that phases run on.
class PhaseClock {
 public:
  explicit PhaseClock(DevicePtr device);
  ~PhaseClock();
  PhaseClock(const PhaseClock&) = delete;
  PhaseClock& operator=(const PhaseClock&) = delete;

  /// The clock that lives, or null.
  static PhaseClock* current();

  void begin(const char* phase);
  void end() noexcept;

  /// Waits for the device. Times since the last call, or since the clock was made: "" for all of it, then the phases in
  /// the order in which they were first seen, a phase inside another as "outer / inner".
  std::vector<PhaseTime> take();

 private:
  struct Mark {
    std::size_t name;  // in names_
    cudaEvent_t begin = nullptr;
    cudaEvent_t end = nullptr;
  };
  cudaEvent_t record();

  DevicePtr device_;
  std::vector<cudaEvent_t> events_;  // made so far; [0, used_) are in use
  std::size_t used_ = 0;
  cudaEvent_t start_ = nullptr;
  std::vector<std::string> names_;
  std::vector<Mark> marks_;
  std::vector<std::size_t> open_;  // marks that have no end yet
};

}  // namespace embrace::gpu
