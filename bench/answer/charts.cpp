#include "bench/answer/charts.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "host/metrics/metric.hpp"

namespace embrace::answer {
namespace {

IntervalLine line_of(const std::string& label, const Better& by) {
  return {label, by.gain, Interval{by.low, by.high}, by.low <= 0};
}

}  // namespace

Chart information_chart(const StudyTable& table, const Rows& rows, const std::string& metric) {
  std::vector<IntervalLine> lines;
  for (const Entry* row : rows) {
    const std::string& information = row->row.information;
    if (information == "ratings" || is_control(information)) continue;
    const Entry* plain = find_row(rows, row->row.method, "ratings");
    const Entry* control = find_row(rows, row->row.method, control_of("shuffled", information));
    const auto over_ratings = plain != nullptr ? better(metric, *row, *plain) : std::nullopt;
    const auto over_wrong = control != nullptr ? better(metric, *row, *control) : std::nullopt;
    if (!over_ratings) continue;
    lines.push_back(line_of(name_of(*row), *over_ratings));
    if (over_wrong && over_wrong->low <= 0) lines.back().faint = true;
  }
  return interval_chart("information-" + table.name,
                        table.name + ": what information adds to the same method on ratings alone",
                        "gain of " + metric_name(metric) +
                            " over ratings, 95 %; grey: none that can be told from zero or from wrong rows",
                        lines);
}

Chart cost_chart(const StudyTable& table, const Rows& rows, const Entry* baseline, const std::string& metric) {
  const bool higher = find_metric(metric)->higher_is_better;
  const bool based = baseline != nullptr && baseline->row.accuracy.count(metric) > 0;
  std::vector<ChartPoint> points;
  for (const Entry* row : rows) {
    if (is_control(row->row.information) || row->row.failed > 0 || !row->row.train_seconds) continue;
    if (row->row.accuracy.count(metric) == 0) continue;
    const double value = value_of(*row, metric);
    if (based && (higher ? value < value_of(*baseline, metric) : value > value_of(*baseline, metric))) continue;
    points.push_back({name_of(*row), *row->row.train_seconds, value});
  }
  for (ChartPoint& point : points) {
    point.labelled = std::none_of(points.begin(), points.end(), [&](const ChartPoint& other) {
      const bool better = higher ? other.y > point.y : other.y < point.y;
      return other.x <= point.x && better;
    });
  }
  return scatter_chart(
      "cost-" + table.name, table.name + ": accuracy and cost; named is what nothing faster is better than",
      "training time, seconds", metric_name(metric) + (higher ? " (higher is better)" : " (lower is better)"), points);
}

Chart embedding_chart(const StudyTable& table, const std::map<std::string, Rows>& judges, const std::string& metric) {
  std::vector<IntervalLine> lines;
  for (const auto& [judge, rows] : judges) {
    const Entry* random = find_row(rows, judge, embedding_of("random"));
    if (random == nullptr) continue;
    for (const Entry* row : ranked(rows, metric)) {
      const std::string source = source_of(row->row);
      if (source == "random" || source.starts_with("oracle:")) continue;
      if (const auto by = better(metric, *row, *random))
        lines.push_back(line_of(fmt::format("{}: {}", judge, source), *by));
    }
  }
  return interval_chart(table.name, table.name + ": how much better each embedding is than random rows, by judge",
                        "gain of " + metric_name(metric) + " over random rows, 95 %; grey: none that can be told",
                        lines);
}

}  // namespace embrace::answer
