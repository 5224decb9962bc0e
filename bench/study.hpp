// The study: method × information × data × split × seed × device → records. One run is one record, written as it ends.
#pragma once
#include <map>
#include <optional>
#include <vector>

#include "bench/devices.hpp"
#include "bench/progress.hpp"
#include "bench/training_choice.hpp"
#include "bench/tune/tuned_settings.hpp"
#include "host/error.hpp"
#include "host/record.hpp"

namespace embrace {

struct StudyOptions : TrainingChoice {
  std::vector<DeviceInfo> devices;
  int seeds = 1;                       // seeds 1 … N
  std::optional<TunedSettings> tuned;  // in place of `settings`
  bool keep_answers = false;
  bool keep_embeddings = false;
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
