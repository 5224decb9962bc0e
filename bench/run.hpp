// One run: a trainer is made, trained epoch by epoch, and its answers are measured; the result fills a Record.
#pragma once
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <stdexcept>
#include <vector>

#include "bench/devices.hpp"
#include "bench/experiment.hpp"
#include "bench/interrupt.hpp"
#include "host/record.hpp"

namespace embrace {

enum class AfterEpoch { go_on, stop };

/// What one run is made of; everything outlives the run.
struct Run {
  const Method& method;
  const DeviceInfo& device;
  const Experiment& experiment;
  const FeatureSet& features;
  double feature_seconds = 0;  // what building the features took; part of prepare_seconds
  const Hyper& hyper;
  Task task = Task::rating;
  std::vector<int> at{};
  std::uint64_t seed = 0;
  double timeout_seconds = 0;
  std::filesystem::path answers{};    // empty: not kept
  std::filesystem::path embedding{};  // likewise
  bool auc = false;                   // rankings: measure auc too
  bool cold_candidates = false;       // rankings: of the items without a training rating alone
  /// After each epoch, outside its clock: epochs done, all, and what has been learned so far.
  std::function<AfterEpoch(int, int, const Trainer&)> on_epoch{};
};

/// A run took longer than it may; becomes status "timeout".
class Timeout : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Trains and measures. Status, reason, accuracy and cost of `record` are filled; never throws for a run that
/// failed, but for Interrupted and OutputError.
void execute(const Run& run, Threads& threads, Record& record);

/// The first half alone: makes the trainer and trains it. `record.cost` and `record.objective` are filled.
/// Throws what a Trainer throws; Unsupported for what cannot be, Timeout, Interrupted.
struct Trained {
  std::unique_ptr<const Features> context;  // outlives the trainer, which reads it
  Csr watched;                              // likewise, of a method that averages: the test pairs' context
  std::unique_ptr<Trainer> trainer;
};
Trained train(const Run& run, Threads& threads, Record& record);

/// Metrics of answers that are learned, whoever learned them. Throws Diverged for answers that are not finite.
struct Evaluation {
  std::vector<UserValues> metrics;
  double score_seconds = 0;
  std::int64_t users_without_targets = 0;
};
Evaluation evaluate(const Run& run, const Trainer& trainer, Threads& threads);

/// Values with their intervals by bootstrap over users (host/metrics/estimate.hpp). Throws Diverged for one that is not
/// finite.
void add_accuracy(const std::vector<UserValues>& metrics, Threads& threads, Record& record);

/// The second half alone: accuracy and score_seconds of answers that are already learned, whoever learned them.
/// `record.cost` must be there. Throws what a Trainer throws; Diverged for answers that are not finite.
void measure(const Run& run, const Trainer& trainer, Threads& threads, Record& record);

/// Runs `work` and turns what it throws into the record's status and reason, as execute does.
void record_outcome(Record& record, const std::function<void()>& work);

}  // namespace embrace
