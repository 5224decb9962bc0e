// Which rows are best, which cannot be told from the best, and what a later build has changed.
#pragma once
#include <cstdint>
#include <map>
#include <string>
#include <tuple>
#include <vector>

#include "bench/report/report.hpp"

namespace embrace {

using RunId = std::tuple<int, std::uint64_t, std::string, std::uint64_t>;  // fold, split seed, split hash, seed
using Runs = std::map<RunId, const Accuracy*>;

/// A row in the making: with what is needed to compare it with others.
struct Entry {
  Row row;
  const Record* record = nullptr;        // its first run: stands for everything the runs have in common
  std::vector<RunId> runs;               // failed ones too
  std::map<std::string, Runs> measured;  // by metric
};

/// Mean of the runs' draws, draw by draw; empty when one has none or another number of them.
std::vector<double> mean_draws(const Runs& runs);

/// Sets Row::runs_of_table, RowMetric::compared and RowMetric::standing. Rows are compared over the folds and seeds
/// that all rows of their table have; rows with failed runs take no part. Rows of the same method, information and
/// hyper-parameters (on other devices) are not rivals.
void add_standings(std::vector<Entry>& entries);

/// Sets Row::change.
void add_changes(std::vector<Entry>& entries);

}  // namespace embrace
