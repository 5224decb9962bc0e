#include "bench/report/contest_target.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "host/data/split/validation.hpp"
#include "host/metrics/metric.hpp"

namespace embrace {
namespace {

using Runs = std::vector<const Record*>;

/// The training loss of earlier builds is no metric.
bool higher_is_better(const std::string& metric) {
  const MetricInfo* info = find_metric(metric);
  return info != nullptr && info->higher_is_better;
}

bool reaches(const std::string& metric, double value, double target) {
  return higher_is_better(metric) ? value >= target : value <= target;
}

double stated_or_worst_end(const peers::Contest& contest, const Runs& runs) {
  for (const auto& [data, value] : contest.targets) {
    if (data == runs[0]->data.name) return value;
  }
  std::vector<double> ends;
  for (const Record* run : runs) ends.push_back(run->curve->values.back());
  const auto [least, most] = std::minmax_element(ends.begin(), ends.end());
  return higher_is_better(runs[0]->curve->metric) ? *least : *most;
}

bool same_part(const Record& a, const Record& b) {
  return a.data.sha256 == b.data.sha256 && a.split.sha256 == b.split.sha256;
}

std::string why_no_race(const Runs& runs, const Record* baseline) {
  if (baseline == nullptr) return fmt::format("there is no run of {} beside it", peers::baseline);
  for (const Record* run : runs) {
    if (run->split.name.find(divided_again) == std::string::npos) {
      return run->method + " was looked at on the test part while it ran";
    }
    if (!same_part(*run, *baseline) || run->curve->metric != baseline->curve->metric) {
      return run->method + " was not measured on what " + baseline->method + " was";
    }
  }
  return "";
}

/// Fills the value, or the reason why there is none.
void add_place_above_popularity(const Runs& runs, double popularity, ContestTarget& target) {
  double worse = std::numeric_limits<double>::infinity(), better = -worse;
  for (const Record* run : runs) {
    const double best = *std::max_element(run->curve->values.begin(), run->curve->values.end());
    worse = std::min(worse, best);
    better = std::max(better, best);
  }
  if (better <= popularity) {
    target.reason =
        fmt::format("neither side ranks better than {}, {} {:.4f}", peers::baseline, target.metric, popularity);
    return;
  }
  target.value = popularity + std::max(least_share * (better - popularity), worse_share * (worse - popularity));
}

/// Of each side that fails once.
std::string why_not_reached(const ContestTarget& target, const Runs& runs) {
  const std::string where = target.race ? fmt::format(", {:.3g} % of the way from {} to the better side's best",
                                                      100 * least_share, peers::baseline)
                                        : "";
  std::vector<std::string> reasons;
  for (const Record* run : runs) {
    if (seconds_to(*run, *target.value)) continue;
    const std::string reason = fmt::format("{} does not reach {} {:.4f} in {} epochs{}", run->method, target.metric,
                                           *target.value, run->cost->epochs, where);
    if (std::find(reasons.begin(), reasons.end(), reason) == reasons.end()) reasons.push_back(reason);
  }
  return fmt::format("{}", fmt::join(reasons, "; "));
}

}  // namespace

ContestTarget contest_target(const peers::Contest& contest, const std::vector<ContestPair>& pairs,
                             const Record* baseline) {
  ContestTarget target{contest.metric, false, std::nullopt, ""};
  Runs runs;
  for (const auto& [ours, theirs] : pairs) runs.insert(runs.end(), {ours, theirs});
  target.metric = pairs.front().first->curve->metric;
  if (contest.task == Task::ranking && target.metric == contest.metric) {
    target.reason = why_no_race(runs, baseline);
    target.race = target.reason.empty();
    if (target.race) add_place_above_popularity(runs, baseline->curve->values.back(), target);
  } else {
    target.value = stated_or_worst_end(contest, runs);
  }
  if (target.value) target.reason = why_not_reached(target, runs);
  return target;
}

std::optional<double> seconds_to(const Record& record, double value) {
  const Record::Curve& curve = *record.curve;
  for (std::size_t c = 0; c < curve.values.size(); ++c) {
    if (reaches(curve.metric, curve.values[c], value)) return curve.seconds[c];
  }
  return std::nullopt;
}

}  // namespace embrace
