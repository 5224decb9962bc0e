// Contests run one after the other, each with its repetitions interleaved: ours, theirs, theirs, ours, … so that a
// machine that becomes slower or busier does so for both.
#pragma once
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "bench/peers/contest.hpp"
#include "host/data/dataset.hpp"
#include "host/data/load_options.hpp"
#include "host/data/split/split.hpp"
#include "host/data/split/split_name.hpp"

namespace embrace::peers {

struct RunOptions {
  std::vector<std::string> data;
  std::vector<const Contest*> contests;
  SplitName split;  // its first fold
  std::uint64_t split_seed = 1;
  int repetitions = 5;
  std::optional<int> factors;  // instead of those of the contests
  double timeout_seconds = 0;  // of a run; 0: none
  LoadOptions load;
  std::filesystem::path environments;
  std::filesystem::path output;
  std::string command;
  std::function<void(const std::string&)> say;  // a line for each run
};

/// Writes a record for each run into `output`. A peer that is not there, fails or takes too long is a record with the
/// reason, and the rest goes on; its repetitions end then. False when a run failed. Throws Interrupted, OutputError,
/// and what loading the data throws.
bool run_contests(const RunOptions& options, Threads& threads);

}  // namespace embrace::peers
