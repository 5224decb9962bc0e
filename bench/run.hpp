// One run: a trainer is made, trained epoch by epoch, and its answers are measured; the result fills a Record.
#pragma once
#include <cstdint>
#include <filesystem>
#include <functional>
#include <vector>

#include "bench/devices.hpp"
#include "bench/fold_data.hpp"
#include "host/record.hpp"

namespace embrace {

/// What one run is made of; everything outlives the run.
struct Run {
  const Method& method;
  const DeviceInfo& device;
  const Dataset& dataset;
  const Fold& fold;
  const FoldData& data;
  const FeatureSet& features;
  double feature_seconds = 0;  // what building the features took; part of prepare_seconds
  const Hyper& hyper;
  Task task = Task::rating;
  std::vector<int> at;
  std::uint64_t seed = 0;
  double timeout_seconds = 0;
  std::filesystem::path answers;           // empty: not kept
  std::function<void(int, int)> on_epoch;  // done, all
};

/// The run was asked to stop by a signal; it leaves nothing behind.
struct Interrupted {};

/// Trains and measures. Status, reason, accuracy and cost of `record` are filled; never throws for a run that
/// failed, but for Interrupted and OutputError.
void execute(const Run& run, Threads& threads, Record& record);

}  // namespace embrace
