// Where an epoch on a CUDA device spends its time, by the phases that the sources name; no profiler is needed.
#pragma once
#include <cstdint>
#include <stdexcept>
#include <string>
#include <vector>

#include "bench/experiment.hpp"
#include "bench/study.hpp"
#include "host/metadata/information.hpp"

namespace embrace {

struct ProfileOptions {
  const Method* method = nullptr;
  Information information;
  DeviceInfo device;  // a CUDA device
  Task task = Task::rating;
  std::vector<Setting> settings;
  int epochs = 5;  // after one that warms up
};

/// A phase: medians over the epochs.
struct PhaseProfile {
  std::string name;         // "outer / inner" for a phase inside another; empty: the whole epoch
  double milliseconds = 0;  // an epoch, on the device
  std::int64_t calls = 0;   // an epoch
};

/// The phases of a method's epochs, by any of its settings; empty for a method that is trained in one step.
std::vector<std::string> phase_names(const Method& method);

/// A training that did not end well; others may.
class ProfileFailed : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// UsageError for a method that is trained in one step.
void require_epochs(const Method& method);

/// The whole epoch first, then the phases in the order of their first call. Profilers that wait for cudaProfilerStart
/// see exactly these epochs. The method has epochs; throws what the run throws.
std::vector<PhaseProfile> profile_phases(const Experiment& experiment, const ProfileOptions& options, Threads& threads);

}  // namespace embrace
