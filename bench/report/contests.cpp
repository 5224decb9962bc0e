#include "bench/report/contests.hpp"

#include <algorithm>
#include <map>
#include <tuple>

#include "bench/identity.hpp"
#include "bench/report/contest_target.hpp"
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
  const Record* baseline = nullptr;  // null: none that is ok
};

/// Ratio of medians, and the range of the ratios of the repetitions.
void add_ratio(const std::vector<double>& ours, const std::vector<double>& theirs, ContestRow& row) {
  row.ratio = median(theirs) / median(ours);
  if (ours.size() < 2) return;
  std::vector<double> ratios;
  for (std::size_t r = 0; r < ours.size(); ++r) ratios.push_back(theirs[r] / ours[r]);
  const auto [least, most] = std::minmax_element(ratios.begin(), ratios.end());
  row.interval = Interval{*least, *most};
}

bool has_curve(const Record& record) { return record.curve && !record.curve->values.empty(); }

/// Both sides' records of the repetitions in which both are ok.
std::vector<ContestPair> pairs_of(const Contest& contest, const Runs& runs) {
  const auto counts = [&](const Record& record) {
    return record.status == Status::ok && (contest.is_operation() || has_curve(record));
  };
  std::vector<ContestPair> pairs;
  for (const auto& [repetition, ours] : runs.ours) {
    const auto theirs = runs.theirs.find(repetition);
    if (theirs != runs.theirs.end() && counts(*ours) && counts(*theirs->second)) {
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
  return "a side has no run to compare";
}

/// The median at each epoch that all runs have.
ContestCurve::Side median_curve(const std::vector<const Record*>& runs) {
  ContestCurve::Side side{runs[0]->method, runs[0]->curve->epochs, {}, {}};
  for (const Record* run : runs) side.epochs.resize(std::min(side.epochs.size(), run->curve->epochs.size()));
  for (std::size_t c = 0; c < side.epochs.size(); ++c) {
    std::vector<double> seconds, values;
    for (const Record* run : runs) {
      seconds.push_back(run->cost->prepare_seconds + run->curve->seconds[c]);
      values.push_back(run->curve->values[c]);
    }
    side.seconds.push_back(median(seconds));
    side.values.push_back(median(values));
  }
  return side;
}

class Comparison {
 public:
  Comparison(const Contest& contest, const Runs& runs)
      : contest_(contest), baseline_(runs.baseline), pairs_(pairs_of(contest, runs)) {
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
    common_.unlike = contest.unlike;
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

  /// The row of popularity; absent when there is none.
  std::optional<ContestRow> baseline_row() const {
    if (baseline_ == nullptr) return std::nullopt;
    ContestRow row;
    row.data = common_.data;
    row.data_sha256 = common_.data_sha256;
    row.split = common_.split;
    row.threads = common_.threads;
    row.contest = common_.contest;
    row.ours = baseline_->method;
    row.factors = common_.factors;
    row.measure = Measure::baseline;
    row.repetitions = 1;
    row.metric = baseline_->curve->metric;
    row.ours_accuracy = baseline_->curve->values.back();
    row.ours_value = baseline_->cost->prepare_seconds + baseline_->cost->train_seconds;
    return row;
  }

  /// Of a race between rankings whose both sides have run.
  std::optional<ContestCurve> curve() const {
    if (!race_) return std::nullopt;
    std::vector<const Record*> ours, theirs;
    for (const auto& [a, b] : pairs_) {
      ours.push_back(a);
      theirs.push_back(b);
    }
    return ContestCurve{common_.data,
                        common_.split,
                        common_.threads,
                        common_.contest,
                        common_.factors,
                        common_.metric,
                        baseline_->curve->values.back(),
                        common_.target,
                        median_curve(ours),
                        median_curve(theirs)};
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
    const ContestTarget target = contest_target(contest_, pairs_, baseline_);
    common_.metric = target.metric;
    common_.target = target.value;
    common_.reason = target.reason;
    race_ = target.race;
    std::vector<double> ours, theirs;
    for (const auto& [a, b] : pairs_) {
      ours.push_back(a->curve->values.back());
      theirs.push_back(b->curve->values.back());
    }
    common_.ours_accuracy = median(ours);
    common_.theirs_accuracy = median(theirs);
  }

  const Contest& contest_;
  const Record* baseline_;
  std::vector<ContestPair> pairs_;
  bool race_ = false;
  ContestRow common_;
};

/// In the order of the table; data reduced to high ratings have another hash and stay beside the rest.
auto place_of(const Record& record, int factors) {
  return std::tuple(record.data.name, record.split.name, record.device.threads,
                    contest_of(record) - all_contests().data(), factors, record.data.sha256);
}

void add_rows(const std::vector<const Record*>& records, Contests& contests) {
  std::map<decltype(place_of({}, 0)), Runs> groups;
  std::map<decltype(place_of({}, 0)), const Record*> baselines;  // of any number of factors
  for (const Record* record : records) {
    const bool ours = record->contest->side == ContestSide::ours;
    if (ours && record->method == peers::baseline) {
      if (record->status == Status::ok && has_curve(*record)) baselines[place_of(*record, 0)] = record;
      continue;
    }
    Runs& runs = groups[place_of(*record, factors_of(*record))];
    (ours ? runs.ours : runs.theirs)[record->seed] = record;
  }
  for (auto& [place, runs] : groups) {
    auto of_any = place;
    std::get<4>(of_any) = 0;
    const auto baseline = baselines.find(of_any);
    if (baseline != baselines.end()) runs.baseline = baseline->second;
    const Contest& contest = *(all_contests().data() + std::get<3>(place));
    const Comparison comparison(contest, runs);
    if (const auto row = comparison.baseline_row()) contests.rows.push_back(*row);
    for (const Goal& goal : contest.goals) contests.rows.push_back(comparison.row(goal));
    if (auto curve = comparison.curve()) contests.curves.push_back(std::move(*curve));
  }
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
  add_rows(sides, contests);
  return contests;
}

}  // namespace embrace
