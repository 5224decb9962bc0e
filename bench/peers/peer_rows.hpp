// Libraries as rows of a table of methods: what a user might have picked instead, trained on the whole training part of
// a fold and measured by the code that measures ours. In contests they race; here they stand.
#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include "bench/experiment.hpp"
#include "bench/progress.hpp"
#include "bench/study.hpp"

namespace embrace::peers {

struct PeerRowsOptions {
  DataChoice data;
  std::vector<int> folds;  // empty: all
  Task task = Task::rating;
  std::vector<int> at{10, 20};
  int seeds = 1;
  std::filesystem::path environments;  // where peers are installed
  std::filesystem::path output;
  std::string command;
};

/// A record, of family "peer" and without a contest, for each installed peer of the task × fold × seed, with the
/// settings of its contest; what is not installed is noted. Throws what loading throws, OutputError.
StudySummary run_peer_rows(const PeerRowsOptions& options, Threads& threads, Progress& progress);

}  // namespace embrace::peers
