// What a contest is played on: one fold of the data, ready for both sides, and the folder that peers read. Rankings
// race on a validation part of the fold's training part; its test part is not there to be looked at.
#pragma once
#include <filesystem>
#include <optional>

#include "bench/experiment.hpp"
#include "bench/peers/contest.hpp"
#include "bench/peers/rating_operations.hpp"
#include "bench/run.hpp"

namespace embrace::peers {

struct ContestData {
  const Contest* contest = nullptr;
  DataChoice choice;
  Experiment experiment;
  FeatureSet features;
  std::optional<OperationInput> operation;  // instead of the fold's matrices and features
  std::filesystem::path folder;             // holds data/, and output/ of the job that runs
  std::vector<std::string> notes;
};

/// Reads and divides the data (first fold, reduced as the contest wants, and divided again for rankings), and writes
/// what peers read. Throws what loading throws; Unsupported when the data lack the contest's information.
ContestData make_contest_data(const Contest& contest, const DataChoice& choice, const std::filesystem::path& folder,
                              Threads& threads);

/// The run of one of our methods, fed with `features`, on the contest's data; everything given outlives it.
Run make_run(const ContestData& data, const FeatureSet& features, const Method& method, const Hyper& hyper,
             const DeviceInfo& device);

/// The contest's metric of a model, ours or a peer's: one evaluator for both.
double accuracy_of(const ContestData& data, const Trainer& trainer, Threads& threads);

}  // namespace embrace::peers
