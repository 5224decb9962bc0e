// What information adds to a method: against the same method on ratings alone, and against controls, which have as many
// features, but wrong ones.
#include <algorithm>
#include <cmath>

#include "bench/report/compare.hpp"
#include "bench/report/settings.hpp"
#include "host/metrics/metric.hpp"

namespace embrace {
namespace {

/// Rows whose information has a control.
bool has_metadata(const Row& row) { return row.information == "all" || row.information.starts_with('+'); }

/// The row that differs from this one by its information alone: of several, the one with equal settings. Null when
/// there is none, or no telling which.
const Entry* counterpart(const std::vector<Entry>& entries, const Entry& entry, const std::string& information) {
  std::vector<const Entry*> all, equal;
  for (const Entry& other : entries) {
    const Row &a = entry.row, &b = other.row;
    if (b.information != information || b.method != a.method || table_of(b) != table_of(a)) continue;
    if (b.device != a.device || b.device_name != a.device_name || b.threads != a.threads) continue;
    all.push_back(&other);
    if (settings_key(*other.record) == settings_key(*entry.record)) equal.push_back(&other);
  }
  const auto& found = equal.empty() ? all : equal;
  return found.size() == 1 ? found[0] : nullptr;
}

std::optional<Difference> gain_over(const Entry* other, const Entry& entry, const std::string& metric) {
  if (other == nullptr || other->row.failed > 0) return std::nullopt;
  const auto difference = gain_of(metric, entry, *other);
  if (!difference || !std::isfinite(difference->estimate.value)) return std::nullopt;
  Difference gain{difference->estimate.value, std::nullopt};
  if (difference->drawn) gain.interval = difference->estimate.interval();
  return gain;
}

}  // namespace

std::string control_of(const std::string& control, const std::string& information) {
  return information == "all" ? control : control + ":" + information;
}

std::vector<Gain> gains_of(const std::vector<Entry>& entries) {
  std::vector<Gain> gains;
  for (std::size_t e = 0; e < entries.size(); ++e) {
    const Entry& entry = entries[e];
    const std::string metric = headline(entry);
    if (!has_metadata(entry.row) || entry.row.failed > 0 || find_metric(metric) == nullptr) continue;
    const auto over = [&](const std::string& information) {
      return gain_over(counterpart(entries, entry, information), entry, metric);
    };
    gains.push_back({.row = e,
                     .metric = metric,
                     .over_ratings = over("ratings"),
                     .over_shuffled = over(control_of("shuffled", entry.row.information)),
                     .over_random = over(control_of("random", entry.row.information))});
  }
  return gains;
}

}  // namespace embrace
