#include "bench/answer/evidence.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "host/metrics/metric.hpp"

namespace embrace::answer {
namespace {

constexpr const char* embedding_prefix = "embedding:";

}  // namespace

std::optional<Better> better(const std::string& metric, const Entry& a, const Entry& b) {
  const auto difference = gain_of(metric, a, b);
  if (!difference || !difference->drawn) return std::nullopt;
  const Interval interval = difference->estimate.interval();
  return Better{difference->estimate.value, interval.low, interval.high, difference->estimate.p_value()};
}

double margin_of(const std::string& metric) {
  const MetricInfo* info = find_metric(metric);
  return info != nullptr && info->higher_is_better ? 0.002 : 0.001;
}

bool is_control(const std::string& information) {
  return information.starts_with("shuffled") || information.starts_with("random");
}

bool is_judged(const Entry& entry) { return entry.row.information.starts_with(embedding_prefix); }

std::string source_of(const Row& row) { return row.information.substr(std::string(embedding_prefix).size()); }

std::string embedding_of(const std::string& source) { return embedding_prefix + source; }

std::string name_of(const Entry& entry) {
  const Row& row = entry.row;
  if (is_judged(entry)) return source_of(row);
  return row.method + (row.information == "ratings" ? "" : " " + row.information);
}

double value_of(const Entry& entry, const std::string& metric) { return entry.row.accuracy.at(metric).value; }

Rows ranked(const Rows& rows, const std::string& metric) {
  Rows list;
  for (const Entry* row : rows) {
    if (row->row.failed == 0 && row->row.accuracy.count(metric) > 0) list.push_back(row);
  }
  const bool higher = find_metric(metric)->higher_is_better;
  std::stable_sort(list.begin(), list.end(), [&](const Entry* a, const Entry* b) {
    const double x = value_of(*a, metric), y = value_of(*b, metric);
    return higher ? x > y : x < y;
  });
  return list;
}

const Entry* find_row(const Rows& rows, const std::string& method, const std::string& information) {
  const auto found = std::find_if(rows.begin(), rows.end(), [&](const Entry* row) {
    return row->row.method == method && row->row.information == information && row->row.failed == 0;
  });
  return found == rows.end() ? nullptr : *found;
}

std::string metric_name(std::string metric) {
  std::transform(metric.begin(), metric.end(), metric.begin(), [](unsigned char c) { return std::toupper(c); });
  return metric;
}

std::string gain_text(double gain, double low, double high) {
  return fmt::format("{:.4f} ({:.4f} to {:.4f})", gain, low, high);
}

std::string listed(const std::vector<std::string>& names) {
  std::string text;
  for (std::size_t n = 0; n < names.size(); ++n) {
    text += (n == 0 ? "" : n + 1 == names.size() ? " and " : ", ") + names[n];
  }
  return text;
}

}  // namespace embrace::answer
