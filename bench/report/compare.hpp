// Which rows are best, which cannot be told from the best, and what a later build has changed.
#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "bench/report/report.hpp"
#include "host/metrics/estimate.hpp"

namespace embrace {

/// Fold, draw, hash of the split, seed. The draw is the seed of the split or, where a judge had parts of the training
/// part drawn for it, the number of these.
using RunId = std::tuple<int, std::uint64_t, std::string, std::uint64_t>;
using Runs = std::map<RunId, const Accuracy*>;

/// Runs of two rows pair up where it agrees.
RunId run_id(const Record& record);

/// A row in the making: with what is needed to compare it with others.
struct Entry {
  Row row;
  const Record* record = nullptr;        // its first run: stands for everything the runs have in common
  std::vector<RunId> runs;               // failed ones too
  std::map<std::string, Runs> measured;  // by metric
};

/// What rows of one table have in common.
using TableKey = std::tuple<std::string, std::string, std::string, Task, std::optional<double>, bool, std::string>;
TableKey table_of(const Row& row);

/// The rows of these records with everything that a report says of them; unsupported runs and contests are none.
/// Records with the same id count once. They outlive the entries.
std::vector<Entry> make_entries(const std::vector<Record>& records);

/// Sets Row::runs_of_table, RowMetric::compared and RowMetric::standing. Rows are compared over the folds and seeds
/// that all rows of their table have; rows with failed runs take no part. Rows of the same method, information and
/// hyper-parameters (on other devices) are not rivals.
void add_standings(std::vector<Entry>& entries);

/// Sets RowMetric::worse_than: over the runs that both have, a baseline of the table has the better value.
void add_baselines(std::vector<Entry>& entries);

/// The control of an information: "shuffled" of `all`, "shuffled:+movie" of "+movie".
std::string control_of(const std::string& control, const std::string& information);

/// What each row of metadata gains, where there is a row to compare it with.
std::vector<Gain> gains_of(const std::vector<Entry>& entries);

/// a - b over the runs that both have; nothing when there are none.
struct PairedDifference {
  Estimate estimate;
  bool drawn = false;  // there are draws, and so an interval
  int runs = 0;
};
std::optional<PairedDifference> difference_of(const std::string& metric, const Runs& a, const Runs& b);

/// By how much a is better than b, whichever way the metric goes; nothing where one of them lacks it.
std::optional<PairedDifference> gain_of(const std::string& metric, const Entry& a, const Entry& b);

/// "rmse", or "ndcg@10"; without them the first metric; empty without any.
std::string headline(const Entry& entry);

/// Sets Row::change.
void add_changes(std::vector<Entry>& entries);

}  // namespace embrace
