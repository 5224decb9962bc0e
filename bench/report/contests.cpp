#include "bench/report/contests.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <tuple>

#include "bench/identity.hpp"
#include "bench/report/settings.hpp"
#include "bench/spread.hpp"

namespace embrace {
namespace {

using peers::all_contests;
using peers::Contest;
using peers::Goal;
using peers::Measure;

std::string provenance(const Record& record, const std::string& name) {
  const auto found = record.provenance.find(name);
  return found == record.provenance.end() ? "" : found->second;
}

int factors_of(const Record& record) {
  const auto found = std::find_if(record.hyper.begin(), record.hyper.end(),
                                  [](const auto& setting) { return setting.first == "factors"; });
  const auto* factors = found == record.hyper.end() ? nullptr : std::get_if<double>(&found->second);
  return factors == nullptr ? 0 : static_cast<int>(*factors);
}

/// The runs of one contest on one data with one number of threads and factors, by repetition.
struct Runs {
  std::map<std::uint64_t, const Record*> ours, theirs;
};

bool lower_is_better(const std::string& metric) { return metric != "auc"; }

bool reaches(const std::string& metric, double value, double target) {
  return lower_is_better(metric) ? value <= target : value >= target;
}

/// Seconds of training until the curve reaches the target; absent when it does not.
std::optional<double> seconds_to(const Record& record, double target) {
  const Record::Curve& curve = *record.curve;
  for (std::size_t c = 0; c < curve.values.size(); ++c) {
    if (reaches(curve.metric, curve.values[c], target)) return curve.seconds[c];
  }
  return std::nullopt;
}

/// Ratio of medians, and the range of the ratios of the repetitions.
void add_ratio(const std::vector<double>& ours, const std::vector<double>& theirs, ContestRow& row) {
  row.ratio = median(theirs) / median(ours);
  if (ours.size() < 2) return;
  std::vector<double> ratios;
  for (std::size_t r = 0; r < ours.size(); ++r) ratios.push_back(theirs[r] / ours[r]);
  const auto [least, most] = std::minmax_element(ratios.begin(), ratios.end());
  row.interval = Interval{*least, *most};
}

/// Both sides' records of the repetitions in which both are ok.
std::vector<std::pair<const Record*, const Record*>> pairs_of(const Runs& runs) {
  std::vector<std::pair<const Record*, const Record*>> pairs;
  for (const auto& [repetition, ours] : runs.ours) {
    const auto theirs = runs.theirs.find(repetition);
    if (theirs != runs.theirs.end() && ours->status == Status::ok && theirs->second->status == Status::ok) {
      pairs.emplace_back(ours, theirs->second);
    }
  }
  return pairs;
}

std::string why_no_pair(const Runs& runs) {
  for (const auto* side : {&runs.theirs, &runs.ours}) {
    for (const auto& [repetition, record] : *side) {
      if (record->status != Status::ok) return record->method + " " + to_text(record->status) + ": " + record->reason;
    }
  }
  return "a side has no records";
}

class Comparison {
 public:
  Comparison(const Contest& contest, const Runs& runs) : contest_(contest), pairs_(pairs_of(runs)) {
    const Record& any = *(runs.theirs.empty() ? runs.ours : runs.theirs).begin()->second;
    common_.data = any.data.name;
    common_.data_sha256 = any.data.sha256;
    common_.split = any.split.name;
    common_.threads = any.device.threads;
    common_.contest = contest.name;
    common_.ours = contest.ours.method;
    common_.theirs = contest.theirs.method;
    common_.package = provenance(any, "package");
    if (const std::string build = provenance(any, "build");
        !build.empty() && any.contest->side == ContestSide::theirs) {
      common_.package += ", " + build;
    }
    common_.factors = factors_of(any);
    common_.metric = contest.metric;
    common_.repetitions = static_cast<int>(pairs_.size());
    if (pairs_.empty()) common_.reason = why_no_pair(runs);
    if (!pairs_.empty() && !contest.is_operation()) add_accuracy();
  }

  ContestRow row(const Goal& goal) const {
    ContestRow row = common_;
    row.measure = goal.measure;
    row.bar = goal.bar;
    if (goal.measure == Measure::target && row.reason.empty()) row.reason = why_no_time();
    if (!row.reason.empty()) return row;
    std::vector<double> ours, theirs;  // seconds
    for (const auto& [a, b] : pairs_) {
      ours.push_back(seconds(goal.measure, *a));
      theirs.push_back(seconds(goal.measure, *b));
    }
    if (goal.measure == Measure::target) add_training_alone(row);
    const bool rate = goal.measure == Measure::rate;
    row.ours_value = rate ? 1 / median(ours) : median(ours);
    row.theirs_value = rate ? 1 / median(theirs) : median(theirs);
    add_ratio(ours, theirs, row);
    return row;
  }

 private:
  double seconds(Measure measure, const Record& record) const {
    if (measure == Measure::rate) return 1 / record.cost->updates_per_second;
    if (measure == Measure::target) return record.cost->prepare_seconds + *seconds_to(record, *common_.target);
    return record.cost->train_seconds;
  }

  /// A side that is looked at only when its training has ended would be charged for accuracy that nobody asked for.
  std::string why_no_time() const {
    for (const auto& [a, b] : pairs_) {
      for (const Record* side : {a, b}) {
        if (side->cost->epochs > 1 && side->curve->values.size() == 1) {
          return side->method + " has no curve: when it reached the accuracy is not known";
        }
      }
    }
    return "";
  }

  /// The ratio without what either side does before its first epoch.
  void add_training_alone(ContestRow& row) const {
    std::vector<double> ours, theirs;
    for (const auto& [a, b] : pairs_) {
      ours.push_back(*seconds_to(*a, *common_.target));
      theirs.push_back(*seconds_to(*b, *common_.target));
    }
    row.training_alone = median(theirs) / median(ours);
  }

  void add_accuracy() {
    std::vector<double> ours, theirs;
    for (const auto& [a, b] : pairs_) {
      ours.push_back(a->curve->values.back());
      theirs.push_back(b->curve->values.back());
    }
    common_.ours_accuracy = median(ours);
    common_.theirs_accuracy = median(theirs);
    const auto stated = std::find_if(contest_.targets.begin(), contest_.targets.end(),
                                     [&](const auto& target) { return target.first == common_.data; });
    std::vector<double> ends = ours;
    ends.insert(ends.end(), theirs.begin(), theirs.end());
    const auto [least, most] = std::minmax_element(ends.begin(), ends.end());
    common_.target = stated != contest_.targets.end()   ? stated->second
                     : lower_is_better(contest_.metric) ? *most
                                                        : *least;
    for (const auto& [a, b] : pairs_) {
      for (const Record* side : {a, b}) {
        if (!seconds_to(*side, *common_.target)) {
          common_.reason = fmt::format("{} does not reach {} {:.4f} in {} epochs", side->method, contest_.metric,
                                       *common_.target, side->cost->epochs);
        }
      }
    }
  }

  const Contest& contest_;
  std::vector<std::pair<const Record*, const Record*>> pairs_;
  ContestRow common_;
};

std::vector<ContestRow> rows_of(const std::vector<const Record*>& records) {
  // In the order of the table; data reduced to high ratings have another hash and stay beside the rest.
  std::map<std::tuple<std::string, std::string, int, std::ptrdiff_t, int, std::string>, Runs> groups;
  for (const Record* record : records) {
    const std::ptrdiff_t place = contest_of(*record) - all_contests().data();
    Runs& runs = groups[{record->data.name, record->split.name, record->device.threads, place, factors_of(*record),
                         record->data.sha256}];
    (record->contest->side == ContestSide::theirs ? runs.theirs : runs.ours)[record->seed] = record;
  }
  std::vector<ContestRow> rows;
  for (const auto& [key, runs] : groups) {
    const Contest& contest = *(all_contests().data() + std::get<3>(key));
    const Comparison comparison(contest, runs);
    for (const Goal& goal : contest.goals) rows.push_back(comparison.row(goal));
  }
  return rows;
}

}  // namespace

std::string verdict(const ContestRow& row) {
  if (!row.ratio) return row.bar > 0 ? "no result" : "";
  if (row.bar <= 0) return "";
  if (*row.ratio < row.bar) return "missed";
  return row.interval && row.interval->low < row.bar ? "met, not surely" : "met";
}

const Contest* contest_of(const Record& record) {
  return record.contest ? peers::find_contest(record.contest->name) : nullptr;
}

Contests make_contests(const std::vector<Record>& records) {
  Contests contests;
  std::vector<const Record*> sides;
  for (const Record& record : records) {
    if (contest_of(record) == nullptr) continue;
    sides.push_back(&record);
    contests.load = std::max(contests.load, busy_load(record));
    const std::string maker = made_by(record) + ", " + provenance(record, "machine");
    if (std::find(contests.makers.begin(), contests.makers.end(), maker) == contests.makers.end()) {
      contests.makers.push_back(maker);
    }
  }
  contests.rows = rows_of(sides);
  return contests;
}

}  // namespace embrace
