#include "bench/report/compare.hpp"

#include <algorithm>
#include <cmath>
#include <set>

#include "bench/report/settings.hpp"
#include "host/metrics/metric.hpp"

namespace embrace {
namespace {

/// A row as it takes part in a comparison: over the runs that all rows have.
struct Contender {
  Entry* entry = nullptr;
  double value = 0;           // mean over these runs
  std::vector<double> draws;  // likewise
};

/// Is `best` better than `other` with 95 % confidence? Draws are paired: the same draw weighs the users alike.
bool clearly_better(const Contender& best, const Contender& other, bool higher_is_better) {
  std::vector<double> gain(best.draws.size());
  for (std::size_t b = 0; b < gain.size(); ++b) {
    const double difference = best.draws[b] - other.draws[b];
    gain[b] = higher_is_better ? difference : -difference;
  }
  return percentile_interval(std::move(gain)).low > 0;
}

/// Method, information and settings agree: such rows (other devices, threads, builds) are no rivals.
bool same_work(const Contender& a, const Contender& b) {
  const Record &x = *a.entry->record, &y = *b.entry->record;
  return std::tie(x.method, x.information, x.hyper) == std::tie(y.method, y.information, y.hyper);
}

/// Of a row with fewer runs than others, the figure that is shown is not the one that is compared: it has no mark.
void mark(const Contender& row, const std::string& metric, Standing standing) {
  if (row.entry->row.runs == row.entry->row.runs_of_table) row.entry->row.accuracy[metric].standing = standing;
}

void rank_rows(const std::vector<Contender>& rows, const std::string& metric, bool higher_is_better) {
  const Contender* best = &rows[0];
  for (const Contender& row : rows) {
    if (higher_is_better ? row.value > best->value : row.value < best->value) best = &row;
  }
  std::vector<const Contender*> twins, rivals;  // the best row is a twin of its own
  for (const Contender& row : rows) (same_work(*best, row) ? twins : rivals).push_back(&row);
  if (rivals.empty()) return;  // nothing to be better than
  const auto wins = [&](const Contender* row) {
    return std::all_of(rivals.begin(), rivals.end(),
                       [&](const Contender* rival) { return clearly_better(*row, *rival, higher_is_better); });
  };
  for (const Contender* twin : twins) mark(*twin, metric, wins(twin) ? Standing::best : Standing::tied);
  for (const Contender* rival : rivals) {
    if (!clearly_better(*best, *rival, higher_is_better)) mark(*rival, metric, Standing::tied);
  }
}

/// What all of `rows` have; empty as well when draws are missing, without which nothing can be compared.
std::vector<RunId> common_runs(const std::vector<Entry*>& rows, const std::string& metric) {
  std::vector<RunId> common;
  std::size_t draws = 0;
  for (const auto& [run, accuracy] : rows[0]->measured.at(metric)) {
    const bool everywhere = std::all_of(rows.begin(), rows.end(), [&, &id = run](const Entry* row) {
      const auto found = row->measured.at(metric).find(id);
      if (found == row->measured.at(metric).end()) return false;
      if (draws == 0) draws = found->second->draws.size();
      return draws > 0 && found->second->draws.size() == draws;
    });
    if (everywhere) common.push_back(run);
  }
  return common;
}

Contender contender(Entry& entry, const std::string& metric, const std::vector<RunId>& runs) {
  Runs taken;
  Contender row{&entry, 0, {}};
  for (const RunId& run : runs) {
    const Accuracy* accuracy = entry.measured.at(metric).at(run);
    taken[run] = accuracy;
    row.value += accuracy->value / static_cast<double>(runs.size());
  }
  row.draws = mean_draws(taken);
  return row;
}

void compare_table(const std::vector<Entry*>& table) {
  std::set<std::string> metrics;
  for (const Entry* entry : table) {
    for (const auto& [name, runs] : entry->measured) metrics.insert(name);
  }
  for (const std::string& name : metrics) {
    std::vector<Entry*> rows;
    for (Entry* entry : table) {
      // What is left of the runs of a row of which some failed may be the easy ones.
      if (entry->row.failed == 0 && entry->measured.count(name) > 0) rows.push_back(entry);
    }
    if (rows.size() < 2) continue;
    const std::vector<RunId> runs = common_runs(rows, name);
    std::vector<Contender> contenders;
    for (Entry* row : rows) contenders.push_back(contender(*row, name, runs));
    const bool comparable =
        std::none_of(contenders.begin(), contenders.end(), [](const Contender& c) { return c.draws.empty(); });
    for (Entry* row : rows) row->row.accuracy[name].compared = comparable ? static_cast<int>(runs.size()) : 0;
    const MetricInfo* info = find_metric(name);
    if (!comparable || info == nullptr) continue;
    rank_rows(contenders, name, info->higher_is_better);
  }
}

std::string started(const Entry& entry) {
  const auto found = entry.record->provenance.find("started");
  return found == entry.record->provenance.end() ? "" : found->second;
}

std::string headline(const Entry& entry) {
  for (const char* name : {"rmse", "ndcg@10"}) {
    if (entry.measured.count(name) > 0) return name;
  }
  return entry.measured.empty() ? "" : entry.measured.begin()->first;
}

Change change_between(Entry& before, Entry& after) {
  Change change{headline(after), 0, std::nullopt, 0};
  if (before.measured.count(change.metric) == 0) return change;
  std::vector<RunId> both;
  for (const auto& [run, accuracy] : after.measured.at(change.metric)) {
    if (before.measured.at(change.metric).count(run) > 0) both.push_back(run);
  }
  change.runs = static_cast<int>(both.size());
  if (both.empty()) return change;
  Contender a = contender(after, change.metric, both), b = contender(before, change.metric, both);
  change.value = a.value - b.value;
  if (!std::isfinite(change.value)) return {change.metric, 0, std::nullopt, 0};
  if (a.draws.empty() || a.draws.size() != b.draws.size()) return change;
  for (std::size_t d = 0; d < a.draws.size(); ++d) a.draws[d] -= b.draws[d];
  change.interval = percentile_interval(std::move(a.draws));
  return change;
}

/// What the rows of different builds have in common: not the machine, on which no accuracy depends.
auto work_of(const Entry& entry) {
  const Record& r = *entry.record;
  return std::tie(r.data.name, r.data.sha256, r.split.name, r.task, r.positive, r.method, r.information, r.at, r.hyper,
                  r.device.kind);
}

}  // namespace

std::vector<double> mean_draws(const Runs& runs) {
  std::vector<double> mean;
  for (const auto& [run, accuracy] : runs) {
    const std::vector<double>& draws = accuracy->draws;
    if (mean.empty()) mean.resize(draws.size());
    if (draws.size() != mean.size()) return {};
    for (std::size_t b = 0; b < draws.size(); ++b) mean[b] += draws[b];
  }
  for (double& draw : mean) {
    draw /= static_cast<double>(runs.size());
    if (!std::isfinite(draw)) return {};  // of a sum that is too large for a number
  }
  return mean;
}

void add_changes(std::vector<Entry>& entries) {
  std::map<decltype(work_of(entries[0])), std::vector<Entry*>> groups;
  for (Entry& entry : entries) groups[work_of(entry)].push_back(&entry);
  for (auto& [work, rows] : groups) {
    Entry* earliest = *std::min_element(rows.begin(), rows.end(),
                                        [](const Entry* a, const Entry* b) { return started(*a) < started(*b); });
    for (Entry* row : rows) {
      if (build_text(*row->record) != build_text(*earliest->record)) {
        row->row.change = change_between(*earliest, *row);
      }
    }
  }
}

void add_standings(std::vector<Entry>& entries) {
  using Place = std::tuple<std::string, std::string, std::string, Task, std::optional<double>>;
  std::map<Place, std::vector<Entry*>> tables;
  for (Entry& entry : entries) {
    const Row& row = entry.row;
    tables[{row.data, row.data_sha256, row.split, row.task, row.positive}].push_back(&entry);
  }
  for (const auto& [place, table] : tables) {
    std::set<RunId> all;
    for (const Entry* entry : table) all.insert(entry->runs.begin(), entry->runs.end());
    for (Entry* entry : table) entry->row.runs_of_table = static_cast<int>(all.size());
    compare_table(table);
  }
}

}  // namespace embrace
