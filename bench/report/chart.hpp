// Charts as SVG: self-contained, readable on light and on dark pages, nothing loaded from anywhere.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "host/metrics/statistics.hpp"

namespace embrace {

/// A picture of a page: a file of its own beside a Markdown page, inside an HTML page.
struct Chart {
  std::string name;  // of its file, without ending
  std::string title;
  std::string svg;
};

/// A value with its interval on a line of its own.
struct IntervalLine {
  std::string label;
  double value = 0;
  std::optional<Interval> interval{};
  bool faint = false;  // what cannot be told from zero, or a control
};

/// Lines below each other in the order given, with a rule at zero. `axis` says what is measured, and what is better.
Chart interval_chart(std::string name, std::string title, const std::string& axis,
                     const std::vector<IntervalLine>& lines);

struct ChartPoint {
  std::string label;  // shown where `labelled`, else when pointed at
  double x = 0, y = 0;
  bool labelled = true;
};

/// x by logarithm. Points with x that is not greater than zero are left out. Higher is up, whatever is better.
Chart scatter_chart(std::string name, std::string title, const std::string& x_axis, const std::string& y_axis,
                    const std::vector<ChartPoint>& points);

}  // namespace embrace
