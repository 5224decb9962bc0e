// Which rows are best, and which cannot be told from the best.
#pragma once
#include <cstdint>
#include <map>
#include <string>
#include <tuple>
#include <vector>

#include "bench/report/report.hpp"

namespace embrace {

using RunId = std::tuple<int, std::uint64_t, std::string, std::uint64_t>;  // fold, split seed, split hash, seed

struct PairedDraws {
  std::vector<RunId> runs;     // ascending
  std::vector<double> values;  // mean over the runs by draw; may be empty
};

/// A row in the making: with what is needed to compare it with others.
struct Entry {
  Row row;
  const Record* record = nullptr;  // its first run: stands for everything the runs have in common
  std::map<std::string, PairedDraws> draws;
};

/// Sets RowMetric::standing, see Standing. Rows compare only when their runs are the same folds and seeds and none
/// failed. Rows of the same method, information and hyper-parameters (on other devices) are not rivals.
void add_standings(std::vector<Entry>& entries);

}  // namespace embrace
