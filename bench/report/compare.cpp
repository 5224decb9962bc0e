#include "bench/report/compare.hpp"

#include <algorithm>

#include "host/metrics/metric.hpp"

namespace embrace {
namespace {

/// Is `best` better than `other` with 95 % confidence? Draws are paired: the same draw weighs the users alike.
bool clearly_better(const PairedDraws& best, const PairedDraws& other, bool higher_is_better) {
  std::vector<double> gain(best.values.size());
  for (std::size_t b = 0; b < gain.size(); ++b) {
    const double difference = best.values[b] - other.values[b];
    gain[b] = higher_is_better ? difference : -difference;
  }
  return percentile_interval(std::move(gain)).low > 0;
}

/// Method, information and settings agree: such rows (other devices, threads, builds) are no rivals.
bool same_work(const Entry& a, const Entry& b) {
  const Record &x = *a.record, &y = *b.record;
  return std::tie(x.method, x.information, x.hyper) == std::tie(y.method, y.information, y.hyper);
}

void rank_rows(const std::vector<Entry*>& rows, const std::string& metric, bool higher_is_better) {
  Entry* best = rows[0];
  for (Entry* row : rows) {
    const double value = row->row.accuracy[metric].value, leader = best->row.accuracy[metric].value;
    if (higher_is_better ? value > leader : value < leader) best = row;
  }
  std::vector<Entry*> twins, rivals;  // the best row is a twin of its own
  for (Entry* row : rows) (same_work(*best, *row) ? twins : rivals).push_back(row);
  if (rivals.empty()) return;  // nothing to be better than
  const auto beats = [&](Entry* a, Entry* b) {
    return clearly_better(a->draws[metric], b->draws[metric], higher_is_better);
  };
  const auto wins = [&](Entry* row) {
    return std::all_of(rivals.begin(), rivals.end(), [&](Entry* rival) { return beats(row, rival); });
  };
  for (Entry* twin : twins) twin->row.accuracy[metric].standing = wins(twin) ? Standing::best : Standing::tied;
  for (Entry* rival : rivals) {
    if (!beats(best, rival)) rival->row.accuracy[metric].standing = Standing::tied;
  }
}

}  // namespace

void add_standings(std::vector<Entry>& entries) {
  using Group = std::tuple<std::string, std::string, std::string, Task, std::optional<double>, std::string,
                           std::vector<RunId>, std::size_t>;
  std::map<Group, std::vector<Entry*>> groups;
  for (Entry& entry : entries) {
    const Row& row = entry.row;
    if (row.failed > 0) continue;  // what is left of its runs may be the easy ones
    for (const auto& [name, draws] : entry.draws) {
      if (draws.values.empty()) continue;
      groups[{row.data, row.data_sha256, row.split, row.task, row.positive, name, draws.runs, draws.values.size()}]
          .push_back(&entry);
    }
  }
  for (const auto& [group, rows] : groups) {
    const std::string& name = std::get<5>(group);
    if (const MetricInfo* info = find_metric(name)) rank_rows(rows, name, info->higher_is_better);
  }
}

}  // namespace embrace
