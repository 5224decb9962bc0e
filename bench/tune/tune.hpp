// embrace tune: settings chosen on validation parts alone. For each fold, information and method the fold's training
// part is divided again (host/data/split/validation.hpp) and searched (bench/tune/search.hpp); each trial is a record.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "bench/devices.hpp"
#include "bench/progress.hpp"
#include "bench/training_choice.hpp"
#include "bench/tune/search.hpp"
#include "bench/tune/tuned_settings.hpp"

namespace embrace {

/// Rankings are tuned for ndcg at the first cut-off; hyper-parameters in `settings` are not searched.
struct TuneOptions : TrainingChoice {
  DeviceInfo device;
  std::vector<RangeChoice> ranges;
  int trials = 30;
  std::uint64_t seed = 1;  // of the search
};

/// One search: a method fed with one information on one fold.
struct TunedMethod {
  TunedSetting setting;            // nothing was found when `problem` is set
  std::string problem{};           // why there is no setting
  std::vector<std::string> edges;  // where it lies at the edge of a range: then there is none, either
  bool unsupported = false;        // the pair cannot be; no problem
  double seconds = 0;              // of training, all trials together
};

struct TuneSummary {
  TunedSettings settings;  // of the methods without a problem
  std::vector<TunedMethod> methods;
  bool interrupted = false;
};

/// Writes a record a trial; trials that have one are not done again. Throws what loading throws, OutputError.
TuneSummary run_tune(const TuneOptions& options, Threads& threads, Progress& progress);

}  // namespace embrace
