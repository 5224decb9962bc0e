// The table of contests, from records alone: medians, ratios with intervals, and whether the aims are met.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "bench/peers/contest.hpp"
#include "bench/report/document.hpp"
#include "host/metrics/statistics.hpp"
#include "host/record.hpp"

namespace embrace::peers {

struct ContestRow {
  std::string data, data_sha256, split;
  int threads = 0;
  std::string contest;
  std::string ours, theirs;  // method of either side
  std::string package;       // with version and build
  int factors = 0;           // 0: none
  Measure measure = Measure::rate;
  int repetitions = 0;           // in which both sides are ok
  std::optional<double> target;  // the accuracy that both must reach
  std::string metric;
  std::optional<double> ours_accuracy, theirs_accuracy;  // at the end, median
  std::optional<double> ours_value, theirs_value;        // rate: ratings/s; else seconds; median
  std::optional<double> ratio;                           // their time / our time, of the medians
  std::optional<Interval> interval;                      // 95 %, repetitions drawn in pairs
  double bar = 0;
  std::string reason;  // why there is no ratio
};

/// Rows in the order of the contests, by data, threads and factors. Records of other runs are left out.
std::vector<ContestRow> contest_rows(const std::vector<Record>& records);

/// A table for each data × split × threads.
Document contest_document(const std::vector<Record>& records);

}  // namespace embrace::peers
