// What a record says about its origin, and its id: the same for every program part that writes records.
#pragma once
#include <map>
#include <string>

#include "bench/devices.hpp"
#include "bench/experiment.hpp"
#include "host/record.hpp"

namespace embrace {

/// A record that says what was trained on and measured: the data, the split, the task.
Record describe_data(const Experiment& experiment, const DataChoice& choice, Task task);

/// What a run is, beside its data; everything outlives the call.
struct RunIdentity {
  const Method& method;
  const std::string& information;
  const Hyper& hyper;
  std::uint64_t seed = 0;
  const std::vector<int>& at;
  const DeviceInfo& device;
  int threads = 0;
};
/// The same of a run on them; without an id.
Record describe_run(const Experiment& experiment, const DataChoice& choice, Task task, const RunIdentity& run);

/// Of a run that starts now in this program.
std::map<std::string, std::string> provenance(const DeviceInfo& device, const std::string& command);

/// The load of the machine when the run began, where it had other work than the run's threads; else 0. What is measured
/// then takes longer than it should.
double busy_load(const Record& record);

/// The resume key: everything that a result depends on, the program itself included. `more`: what tells runs apart
/// that agree in all fields that the schema lists; empty for those of a study.
std::string record_id(const Record& record, const DeviceInfo& device, const std::string& more);

}  // namespace embrace
