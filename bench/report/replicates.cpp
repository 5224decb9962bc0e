#include "bench/report/replicates.hpp"

#include <algorithm>
#include <cmath>
#include <set>

#include "host/metrics/metric.hpp"

namespace embrace {
namespace {

Replicate mean_of(const Runs& runs) {
  Replicate mean;
  const auto count = static_cast<double>(runs.size());
  for (const auto& [run, accuracy] : runs) mean.value += accuracy->value / count;
  for (const auto& [run, accuracy] : runs) {
    const std::vector<double>& draws = accuracy->draws;
    if (mean.draws.empty()) mean.draws.resize(draws.size());
    if (draws.size() != mean.draws.size()) return {mean.value, {}};
    for (std::size_t b = 0; b < draws.size(); ++b) mean.draws[b] += draws[b];
  }
  for (double& draw : mean.draws) {
    draw /= count;
    if (!std::isfinite(draw)) return {mean.value, {}};  // of a sum that is too large for a number
  }
  return mean;
}

/// Runs by `key`, if each of these groups has the same `part`s; else one group.
template <typename Key, typename Part>
std::vector<Runs> grouped(const Runs& runs, Key key, Part part) {
  std::map<decltype(key(runs.begin()->first)), Runs> groups;
  std::map<decltype(key(runs.begin()->first)), std::set<decltype(part(runs.begin()->first))>> parts;
  for (const auto& [run, accuracy] : runs) {
    groups[key(run)][run] = accuracy;
    parts[key(run)].insert(part(run));
  }
  const bool alike =
      std::all_of(parts.begin(), parts.end(), [&](const auto& entry) { return entry.second == parts.begin()->second; });
  if (!alike) return {runs};
  std::vector<Runs> result;
  for (auto& [name, group] : groups) result.push_back(std::move(group));
  return result;
}

}  // namespace

std::vector<Replicate> replicates_of(const Runs& runs) {
  const auto fold = [](const RunId& run) { return std::get<0>(run); };
  const auto draw = [](const RunId& run) { return std::get<1>(run); };
  const auto seed = [](const RunId& run) { return std::get<3>(run); };
  const std::uint64_t first = draw(runs.begin()->first);
  const bool one_draw =
      std::all_of(runs.begin(), runs.end(), [&](const auto& entry) { return draw(entry.first) == first; });
  const std::vector<Runs> groups =
      one_draw ? grouped(runs, seed, fold)
               : grouped(runs, draw, [&](const RunId& run) { return std::pair(fold(run), seed(run)); });
  std::vector<Replicate> replicates;
  for (const Runs& group : groups) replicates.push_back(mean_of(group));
  return replicates;
}

double test_users(const std::string& metric, const Runs& runs) {
  const MetricInfo* info = find_metric(metric);
  double least = 0;
  for (const auto& [run, accuracy] : runs) {
    const bool counted = info != nullptr && info->task == Task::ranking;
    const double users = accuracy->users > 0 ? accuracy->users : counted ? static_cast<double>(accuracy->n) : 0;
    if (users == 0) return 0;
    least = least == 0 ? users : std::min(least, users);
  }
  return least;
}

}  // namespace embrace
