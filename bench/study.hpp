// The study: method × information × data × split × seed × device → records. One run is one record, written as it ends.
#pragma once
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "bench/devices.hpp"
#include "bench/progress.hpp"
#include "host/data/dataset.hpp"
#include "host/data/split.hpp"
#include "host/error.hpp"
#include "host/metadata/features.hpp"
#include "host/method.hpp"

namespace embrace {

/// NAME=VALUE for all methods (method empty) or for one.
struct Setting {
  std::string method;
  std::string name;
  double value = 0;
};

struct StudyOptions {
  std::string data;
  SplitName split;
  std::uint64_t split_seed = 1;
  std::vector<int> folds;  // empty: all
  std::vector<const Method*> methods;
  std::vector<Information> information;
  std::vector<DeviceInfo> devices;
  int seeds = 1;  // seeds 1 … N
  Task task = Task::rating;
  std::optional<double> positive;
  std::vector<int> at{10, 20};
  std::vector<Setting> settings;
  double timeout_seconds = 0;  // per run; 0: none
  bool keep_answers = false;
  bool force = false;
  LoadOptions load;
  std::filesystem::path output;
  std::string command;
};

/// How the runs of a study ended.
struct StudySummary {
  int ok = 0, unsupported = 0, diverged = 0, failed = 0, out_of_memory = 0, timeout = 0;
  int resumed = 0;  // of these, taken from records that were there
  bool interrupted = false;
  ExitCode exit_code() const;
};

/// "a=1,b.c=2" as given to --set, once or more; throws UsageError. Names are checked against the methods of the study.
std::vector<Setting> parse_settings(const std::vector<std::string>& texts, const std::vector<const Method*>& methods);

/// The method's hyper-parameters: its defaults, then those of the settings that are for all methods or for it.
Hyper study_hyper(const Method& method, Task task, const std::vector<Setting>& settings);

/// Globs, `all` and leading `!`; in the order of the registry. Throws UsageError when nothing is left.
std::vector<const Method*> select_methods(const std::string& text);

StudySummary run_study(const StudyOptions& options, Threads& threads, Progress& progress);

}  // namespace embrace
