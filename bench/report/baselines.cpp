// Rows that are worse than a baseline of their table.
#include "bench/report/compare.hpp"
#include "host/metrics/metric.hpp"

namespace embrace {
namespace {

bool is_baseline(const Entry& entry) {
  return entry.record->family == "baseline" && entry.row.information == "ratings";
}

/// How much better the baseline is, over the runs that both have; 0 when it is not.
double lead(const Entry& baseline, const Entry& row, const std::string& metric, bool higher_is_better) {
  const auto measured = baseline.measured.find(metric);
  if (measured == baseline.measured.end()) return 0;
  const auto difference = difference_of(metric, measured->second, row.measured.at(metric));
  if (!difference) return 0;
  const double value = difference->estimate.value;
  return std::max(0.0, higher_is_better ? value : -value);
}

void mark_worse(const std::vector<const Entry*>& baselines, Entry& entry) {
  for (auto& [metric, of_row] : entry.row.accuracy) {
    const MetricInfo* info = find_metric(metric);
    if (info == nullptr || entry.measured.count(metric) == 0) continue;
    double most = 0;
    for (const Entry* baseline : baselines) {
      const double by = lead(*baseline, entry, metric, info->higher_is_better);
      if (by <= most) continue;
      most = by;
      of_row.worse_than = baseline->row.method;
    }
  }
}

}  // namespace

void add_baselines(std::vector<Entry>& entries) {
  std::map<TableKey, std::vector<const Entry*>> baselines;
  for (const Entry& entry : entries) {
    if (is_baseline(entry)) baselines[table_of(entry.row)].push_back(&entry);
  }
  for (Entry& entry : entries) {
    const auto of_table = baselines.find(table_of(entry.row));
    if (of_table != baselines.end() && !is_baseline(entry)) mark_worse(of_table->second, entry);
  }
}

}  // namespace embrace
