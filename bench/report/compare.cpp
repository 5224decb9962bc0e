#include "bench/report/compare.hpp"

#include <algorithm>
#include <cmath>
#include <set>

#include "bench/report/replicates.hpp"
#include "bench/report/settings.hpp"
#include "host/metrics/best_set.hpp"
#include "host/metrics/metric.hpp"

namespace embrace {
namespace {

/// A row as it takes part in a comparison: over the runs that all rows have.
struct Contender {
  Entry* entry = nullptr;
  std::vector<Replicate> replicates;
  double value = 0;  // their mean
};

/// Is `best` better than `other` with 95 % confidence, the two of them alone?
bool clearly_better(const Contender& best, const Contender& other, double users, bool higher_is_better) {
  const Interval gain = estimate(difference(best.replicates, other.replicates), users).interval();
  return higher_is_better ? gain.low > 0 : gain.high < 0;
}

/// Method, information and settings agree: such rows (other devices, threads, builds) are no rivals.
bool same_work(const Contender& a, const Contender& b) {
  const Record &x = *a.entry->record, &y = *b.entry->record;
  return std::tie(x.method, x.information) == std::tie(y.method, y.information) && settings_key(x) == settings_key(y);
}

/// Of a row with fewer runs than others, the figure that is shown is not the one that is compared: it has no mark.
void mark(const Contender& row, const std::string& metric, Standing standing) {
  if (row.entry->row.runs == row.entry->row.runs_of_table) row.entry->row.accuracy[metric].standing = standing;
}

/// Numbers for best_set: rows of the same work have the same one.
std::vector<Competitor> competitors(const std::vector<Contender>& rows) {
  std::vector<Competitor> result;
  for (std::size_t r = 0; r < rows.size(); ++r) {
    std::size_t work = 0;
    while (!same_work(rows[work], rows[r])) ++work;
    result.push_back({rows[r].replicates, static_cast<int>(work)});
  }
  return result;
}

void rank_rows(const std::vector<Contender>& rows, const std::string& metric, double users, bool higher_is_better) {
  const Contender* best = &rows[0];
  for (const Contender& row : rows) {
    if (higher_is_better ? row.value > best->value : row.value < best->value) best = &row;
  }
  std::vector<const Contender*> rivals;
  for (const Contender& row : rows) {
    if (!same_work(*best, row)) rivals.push_back(&row);
  }
  if (rivals.empty()) return;  // nothing to be better than
  const std::vector<bool> in = best_set(competitors(rows), users, higher_is_better);
  bool alone = true;
  for (std::size_t r = 0; r < rows.size(); ++r) alone = alone && (!in[r] || same_work(*best, rows[r]));
  const auto wins = [&](const Contender& row) {
    return alone && std::all_of(rivals.begin(), rivals.end(), [&](const Contender* rival) {
             return clearly_better(row, *rival, users, higher_is_better);
           });
  };
  for (std::size_t r = 0; r < rows.size(); ++r) {
    if (!in[r]) continue;
    mark(rows[r], metric, same_work(*best, rows[r]) && wins(rows[r]) ? Standing::best : Standing::tied);
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

Runs taken(const Entry& entry, const std::string& metric, const std::vector<RunId>& runs) {
  Runs result;
  for (const RunId& run : runs) result[run] = entry.measured.at(metric).at(run);
  return result;
}

/// Is there an interval to compare with?
bool have_draws(const Contender& row) {
  return std::none_of(row.replicates.begin(), row.replicates.end(), [](const Replicate& r) { return r.draws.empty(); });
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
    double users = 0;
    for (Entry* row : rows) {
      if (runs.empty()) break;
      const Runs own = taken(*row, name, runs);
      contenders.push_back({row, replicates_of(own), 0});
      contenders.back().value = estimate(contenders.back().replicates, 0).value;
      users = test_users(name, own);
    }
    const bool comparable = !runs.empty() && std::all_of(contenders.begin(), contenders.end(), have_draws);
    for (Entry* row : rows) row->row.accuracy[name].compared = comparable ? static_cast<int>(runs.size()) : 0;
    const MetricInfo* info = find_metric(name);
    if (!comparable || info == nullptr) continue;
    rank_rows(contenders, name, users, info->higher_is_better);
  }
}

std::string started(const Entry& entry) {
  const auto found = entry.record->provenance.find("started");
  return found == entry.record->provenance.end() ? "" : found->second;
}

Change change_between(const Entry& before, const Entry& after) {
  Change none{headline(after), 0, std::nullopt, 0};
  if (before.measured.count(none.metric) == 0) return none;
  const auto difference = difference_of(none.metric, after.measured.at(none.metric), before.measured.at(none.metric));
  if (!difference || !std::isfinite(difference->estimate.value)) return none;
  Change change{none.metric, difference->estimate.value, std::nullopt, difference->runs};
  if (difference->drawn) change.interval = difference->estimate.interval();
  return change;
}

/// What the rows of different builds have in common: not the machine, on which no accuracy depends.
auto work_of(const Entry& entry) {
  const Record& r = *entry.record;
  return std::tuple(r.data.name, r.data.sha256, r.split.name, r.task, r.positive, r.cold_candidates, r.method,
                    r.information, r.at, settings_key(r), r.device.kind);
}

}  // namespace

std::string headline(const Entry& entry) {
  for (const char* name : {"rmse", "ndcg@10"}) {
    if (entry.measured.count(name) > 0) return name;
  }
  return entry.measured.empty() ? "" : entry.measured.begin()->first;
}

std::optional<PairedDifference> difference_of(const std::string& metric, const Runs& a, const Runs& b) {
  Runs of_a, of_b;
  for (const auto& [run, accuracy] : a) {
    const auto found = b.find(run);
    if (found == b.end()) continue;
    of_a[run] = accuracy;
    of_b[run] = found->second;
  }
  if (of_a.empty()) return std::nullopt;
  const std::vector<Replicate> gains = difference(replicates_of(of_a), replicates_of(of_b));
  PairedDifference result{estimate(gains, test_users(metric, of_a)), true, static_cast<int>(of_a.size())};
  for (const Replicate& gain : gains) result.drawn = result.drawn && !gain.draws.empty();
  const Interval interval = result.estimate.interval();
  result.drawn = result.drawn && std::isfinite(interval.low) && std::isfinite(interval.high);
  return result;
}

std::optional<PairedDifference> gain_of(const std::string& metric, const Entry& a, const Entry& b) {
  const auto of_a = a.measured.find(metric), of_b = b.measured.find(metric);
  const MetricInfo* info = find_metric(metric);
  if (of_a == a.measured.end() || of_b == b.measured.end() || info == nullptr) return std::nullopt;
  return info->higher_is_better ? difference_of(metric, of_a->second, of_b->second)
                                : difference_of(metric, of_b->second, of_a->second);
}

TableKey table_of(const Row& row) {
  return {row.data, row.data_sha256, row.split, row.task, row.positive, row.cold_candidates, row.panel};
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
  std::map<TableKey, std::vector<Entry*>> tables;
  for (Entry& entry : entries) tables[table_of(entry.row)].push_back(&entry);
  for (const auto& [place, table] : tables) {
    std::set<RunId> all;
    for (const Entry* entry : table) all.insert(entry->runs.begin(), entry->runs.end());
    for (Entry* entry : table) entry->row.runs_of_table = static_cast<int>(all.size());
    compare_table(table);
  }
}

}  // namespace embrace
