// What a contest is played on: one fold of the data, ready for both sides, and the folder that peers read.
#pragma once
#include <filesystem>
#include <optional>

#include "bench/fold_data.hpp"
#include "bench/peers/contest.hpp"
#include "bench/peers/rating_operations.hpp"
#include "bench/run.hpp"
#include "host/data/load_options.hpp"
#include "host/data/split/split_name.hpp"

namespace embrace::peers {

struct Ground {
  const Contest* contest = nullptr;
  Dataset dataset;
  Fold fold;
  FoldData data;
  FeatureSet features;
  std::optional<OperationInput> operation;  // instead of data and features
  std::filesystem::path folder;             // holds data/, and output/ of the job that runs
  std::string split;
  std::uint64_t split_seed = 1;
  std::vector<std::string> notes;
};

/// Reads and divides the data (first fold), and writes what peers read. Throws what loading throws; Unsupported when
/// the data lack the contest's information.
Ground make_ground(const Contest& contest, const std::string& data, const SplitName& split, std::uint64_t split_seed,
                   const LoadOptions& load, const std::filesystem::path& folder, Threads& threads);

/// The run of our method that the contest asks for; everything in it is the ground's, `hyper` and `device` outlive it.
Run make_run(const Ground& ground, const Hyper& hyper, const DeviceInfo& device);

/// The contest's metric of a model, ours or a peer's.
double accuracy_of(const Ground& ground, const Trainer& trainer, bool ours, Threads& threads);

}  // namespace embrace::peers
