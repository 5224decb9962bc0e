// Contests with other libraries, from records alone: medians, ratios with intervals, and whether the aims are met.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "bench/peers/contest.hpp"
#include "host/metrics/statistics.hpp"
#include "host/record.hpp"

namespace embrace {

struct ContestRow {
  std::string data, data_sha256, split;
  int threads = 0;
  std::string contest;
  std::string ours, theirs;  // method of either side; of the baseline's row ours alone
  std::string package;       // with version and build
  std::string unlike{};      // what makes them two algorithms; empty: they are one
  int factors = 0;           // 0: none
  peers::Measure measure = peers::Measure::rate;
  int repetitions = 0;           // in which both sides are ok
  std::optional<double> target;  // the accuracy that both must reach
  std::string metric;
  std::optional<double> ours_accuracy, theirs_accuracy;  // at the end, median
  std::optional<double> ours_value, theirs_value;        // rate: ratings/s; else seconds; median
  std::optional<double> ratio;                           // their time / our time, of the medians
  std::optional<double> training_alone;                  // of times to an accuracy: the ratio without preparation
  std::optional<Interval> interval;  // range over the repetitions, each a pair; see docs/statistics.md for its coverage
  double bar = 0;
  std::string reason;  // why there is no ratio
};

/// The accuracy of both sides after each epoch of a race between rankings, medians over the repetitions.
struct ContestCurve {
  std::string data, split;
  int threads = 0;
  std::string contest;
  int factors = 0;
  std::string metric;
  double popularity = 0;
  std::optional<double> target;  // the accuracy that both must reach
  struct Side {
    std::string method;
    std::vector<int> epochs;
    std::vector<double> seconds;  // of training until then, with preparation
    std::vector<double> values;
  };
  Side ours{}, theirs{};
};

/// What came of the aim: met, "met, not surely" (the range reaches below it), missed, no result; empty without an
/// aim.
std::string verdict(const ContestRow& row);

/// The contest that this run is one side of; null for a run of its own.
const peers::Contest* contest_of(const Record& record);

struct Contests {
  std::vector<ContestRow> rows;      // by data, split, threads and contest, with its factors
  std::vector<ContestCurve> curves;  // in the order of the rows
  double load = 0;  // most programs that ran or waited when a run began, where others than ours did; else 0
  std::vector<std::string> makers;  // build and machine, in the order of the records
};

/// Records of other runs are left out.
Contests make_contests(const std::vector<Record>& records);

}  // namespace embrace
