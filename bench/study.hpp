// The study: method × information × data × split × seed × device → records. One run is one record, written as it ends.
#pragma once
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "bench/devices.hpp"
#include "bench/experiment.hpp"
#include "bench/progress.hpp"
#include "bench/selection.hpp"
#include "host/data/dataset.hpp"
#include "host/data/load_options.hpp"
#include "host/data/split/split.hpp"
#include "host/data/split/split_name.hpp"
#include "host/error.hpp"
#include "host/metadata/features.hpp"
#include "host/metadata/information.hpp"
#include "host/method.hpp"
#include "host/record.hpp"

namespace embrace {

struct StudyOptions {
  DataChoice data;
  std::vector<int> folds;  // empty: all
  std::vector<const Method*> methods;
  std::vector<Information> information;
  std::vector<DeviceInfo> devices;
  int seeds = 1;  // seeds 1 … N
  Task task = Task::rating;
  std::vector<int> at{10, 20};
  std::vector<Setting> settings;
  double timeout_seconds = 0;  // per run; 0: none
  bool keep_answers = false;
  bool force = false;
  std::filesystem::path output;
  std::string command;
};

/// How the runs of a study ended.
struct StudySummary {
  std::map<Status, int> runs;  // their numbers, where not 0
  int resumed = 0;             // of these, taken from records that were there
  std::string unsupported;     // of the first pair that cannot be: which, and why
  std::int64_t rejected = 0;   // bad rows of the data that were left out
  double busy_load = 0;        // most load of the machine, where it had other work; see bench/identity.hpp
  bool interrupted = false;
  int number(Status status) const;
  ExitCode exit_code() const;
};

StudySummary run_study(const StudyOptions& options, Threads& threads, Progress& progress);

}  // namespace embrace
