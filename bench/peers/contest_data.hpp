// What a contest is played on: one fold of the data, ready for both sides, and the folder that peers read.
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

/// Reads and divides the data (first fold, reduced as the contest wants), and writes what peers read. Throws what
/// loading throws; Unsupported when the data lack the contest's information.
ContestData make_contest_data(const Contest& contest, const DataChoice& choice, const std::filesystem::path& folder,
                              Threads& threads);

/// The run of our method that the contest asks for; everything in it is that of `data`, `hyper` and `device` outlive
/// it.
Run make_run(const ContestData& data, const Hyper& hyper, const DeviceInfo& device);

/// The contest's metric of a model, ours or a peer's.
double accuracy_of(const ContestData& data, const Trainer& trainer, bool ours, Threads& threads);

}  // namespace embrace::peers
