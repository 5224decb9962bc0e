// Settings that `embrace tune` has found, as the file that `run --settings` reads: schema embrace.settings/1.
#pragma once
#include <cstdint>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "host/hyper.hpp"
#include "host/method.hpp"
#include "host/task.hpp"

namespace embrace {

/// What was found for one method, information and fold, on the validation part of that fold's training part.
struct TunedSetting {
  std::string method, information;
  int fold = 0;
  std::vector<std::pair<std::string, HyperValue>> hyper;  // all of them
  double value = 0;                                       // of the metric, there
  double default_value = 0;                               // without tuning, there; equal to `value` when that failed
  std::string record;                                     // id of the trial
};

struct TunedSettings {
  std::string data, data_sha256;
  std::string split;
  std::uint64_t split_seed = 1;
  std::string validation;  // how each training part was divided again
  Task task = Task::rating;
  std::string metric;
  int trials = 0;
  std::uint64_t seed = 0;  // of the search
  std::vector<TunedSetting> settings;
  std::string file{}, sha256{};  // that they were read from
};

std::string to_json(const TunedSettings& settings);
/// Throws DataError when the file cannot be read, SchemaError naming what is wrong in it.
TunedSettings read_tuned_settings(const std::filesystem::path& file);

/// What to say of runs with these settings: nothing where they were tuned on this very split, else that they were tuned
/// on other data. Throws UsageError where they were tuned on another split of the same data: the training parts of the
/// one hold test ratings of the other.
std::string note_of_origin(const TunedSettings& settings, const std::string& data_sha256, const std::string& split,
                           std::uint64_t split_seed);

/// What was found for the method fed with the information on the fold. Throws UsageError when nothing was (a default
/// among tuned settings would be an unequal match), and for a hyper-parameter or value that the method does not have.
Hyper tuned_hyper(const TunedSettings& settings, const Method& method, Task task, const std::string& information,
                  int fold);

}  // namespace embrace
