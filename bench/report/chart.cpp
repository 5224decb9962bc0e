#include "bench/report/chart.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "bench/report/markup.hpp"
#include "bench/report/numbers.hpp"

namespace embrace {
namespace {

constexpr double width = 760, text_height = 13, margin = 12;
constexpr double letter = 6.6;  // mean width of a letter at that height

std::string opening(const std::string& title, double height) {
  return fmt::format(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {0:.0f} {1:.0f}\" width=\"{0:.0f}\" height=\"{1:.0f}\" "
      "role=\"img\" font-family=\"system-ui, sans-serif\" font-size=\"12\" fill=\"#777\">\n<title>{2}</title>\n",
      width, height, escaped_markup(title));
}

std::string text_at(double x, double y, const std::string& anchor, const std::string& text) {
  return fmt::format("<text x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"{}\">{}</text>\n", x, y, anchor,
                     escaped_markup(text));
}

std::string line(double x1, double y1, double x2, double y2, const std::string& stroke, double thickness) {
  return fmt::format(
      "<line x1=\"{:.1f}\" y1=\"{:.1f}\" x2=\"{:.1f}\" y2=\"{:.1f}\" stroke=\"{}\" stroke-width=\"{}\"/>\n", x1, y1, x2,
      y2, stroke, thickness);
}

std::string dot(double x, double y, const std::string& color, const std::string& label) {
  return fmt::format("<circle cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"4\" fill=\"{}\"><title>{}</title></circle>\n", x, y,
                     color, escaped_markup(label));
}

/// Round numbers, about `count` of them, that lie in the range.
std::vector<double> ticks(double low, double high, int count) {
  const double raw = (high - low) / count, power = std::pow(10.0, std::floor(std::log10(raw)));
  double step = 10 * power;
  for (const double round : {1.0, 2.0, 5.0}) {
    if (raw <= round * power) {
      step = round * power;
      break;
    }
  }
  std::vector<double> all;
  const auto first = static_cast<int>(std::ceil(low / step)), last = static_cast<int>(std::floor(high / step));
  for (int k = first; k <= last; ++k) all.push_back(k * step);
  return all;
}

/// Decimals that tell ticks apart.
std::string tick_text(double value, const std::vector<double>& all) {
  const double step = all.size() > 1 ? all[1] - all[0] : std::max(1e-3, std::abs(value));
  return fixed(std::abs(value) < step / 2 ? 0.0 : value,
               std::clamp(static_cast<int>(std::ceil(-std::log10(step))), 0, 6));
}

/// From values to places, linear.
struct Scaling {
  double low, high, begin, end;
  double operator()(double value) const { return begin + (value - low) / (high - low) * (end - begin); }
};

/// A little more than the values need, never nothing.
Scaling scaling_of(double low, double high, double begin, double end) {
  const double room = high > low ? 0.06 * (high - low) : std::max(1e-3, 0.1 * std::abs(high));
  return {low - room, high + room, begin, end};
}

/// Labels beside their points, none over another: a little higher or lower where the place is taken.
class Labels {
 public:
  std::string put(double x, double y, const std::string& label) {
    const double length = letter * static_cast<double>(label.size());
    for (const double off : {-5.0, 14.0, -19.0, 28.0, -33.0, 42.0, -47.0, 56.0}) {
      const Box box{x + 7, y + off - text_height, x + 7 + length, y + off};
      if (std::any_of(taken_.begin(), taken_.end(), [&](const Box& other) { return meet(box, other); })) continue;
      taken_.push_back(box);
      return text_at(box.left, box.bottom, "start", label);
    }
    return "";  // it shows when pointed at
  }

 private:
  struct Box {
    double left, top, right, bottom;
  };
  static bool meet(const Box& a, const Box& b) {
    return a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
  }
  std::vector<Box> taken_;
};

constexpr const char* strong_color = "#2a7de1";
constexpr const char* faint_color = "#9aa4ad";
constexpr const char* rule_color = "#9995";

}  // namespace

Chart interval_chart(std::string name, std::string title, const std::string& axis,
                     const std::vector<IntervalLine>& lines) {
  double low = 0, high = 0;
  std::size_t longest = 0;
  for (const IntervalLine& l : lines) {
    low = std::min(low, l.interval ? l.interval->low : l.value);
    high = std::max(high, l.interval ? l.interval->high : l.value);
    longest = std::max(longest, l.label.size());
  }
  const double left = std::min(width / 2, margin + letter * static_cast<double>(longest) + margin);
  const double top = margin, row = text_height + 7, bottom = top + row * static_cast<double>(lines.size());
  const Scaling x = scaling_of(low, high, left, width - margin);
  std::string svg = opening(title, bottom + 3 * text_height + margin);
  const std::vector<double> marks = ticks(x.low, x.high, 6);
  for (const double mark : marks) {
    svg += line(x(mark), top, x(mark), bottom, rule_color, std::abs(mark) < 1e-12 ? 2 : 0.5);
    svg += text_at(x(mark), bottom + text_height, "middle", tick_text(mark, marks));
  }
  for (std::size_t k = 0; k < lines.size(); ++k) {
    const IntervalLine& l = lines[k];
    const double y = top + row * (static_cast<double>(k) + 0.5);
    const char* color = l.faint ? faint_color : strong_color;
    svg += text_at(left - margin, y + text_height / 3, "end", l.label);
    std::string said = l.label + ": " + fixed(l.value, 4);
    if (l.interval) {
      svg += line(x(l.interval->low), y, x(l.interval->high), y, color, 2);
      said += " (" + fixed(l.interval->low, 4) + " to " + fixed(l.interval->high, 4) + ")";
    }
    svg += dot(x(l.value), y, color, said);
  }
  svg += text_at((left + width - margin) / 2, bottom + 2.4 * text_height, "middle", axis);
  return {std::move(name), std::move(title), svg + "</svg>\n"};
}

Chart scatter_chart(std::string name, std::string title, const std::string& x_axis, const std::string& y_axis,
                    const std::vector<ChartPoint>& points) {
  constexpr double height = 430, left = 64;
  double x_low = std::numeric_limits<double>::infinity(), x_high = -x_low, y_low = x_low, y_high = x_high;
  std::vector<ChartPoint> shown;
  for (const ChartPoint& p : points) {
    if (!(p.x > 0)) continue;
    shown.push_back(p);
    shown.back().x = std::log10(p.x);
    x_low = std::min(x_low, shown.back().x);
    x_high = std::max(x_high, shown.back().x);
    y_low = std::min(y_low, p.y);
    y_high = std::max(y_high, p.y);
  }
  std::string svg = opening(title, height);
  if (!shown.empty()) {
    const double bottom = height - 3 * text_height;
    const Scaling x = scaling_of(x_low, x_high, left, width - 12 * margin);  // room for labels at the right
    const Scaling y = scaling_of(y_low, y_high, bottom, margin);
    for (int power = static_cast<int>(std::ceil(x.low)); power <= static_cast<int>(std::floor(x.high)); ++power) {
      svg += line(x(power), margin, x(power), bottom, rule_color, 0.5);
      svg += text_at(x(power), bottom + text_height, "middle", fixed(std::pow(10.0, power), std::max(0, -power)));
    }
    const std::vector<double> marks = ticks(y.low, y.high, 7);
    for (const double mark : marks) {
      svg += line(left, y(mark), width - margin, y(mark), rule_color, 0.5);
      svg += text_at(left - 6, y(mark) + text_height / 3, "end", tick_text(mark, marks));
    }
    Labels labels;
    for (const ChartPoint& p : shown) {
      svg += dot(x(p.x), y(p.y), p.labelled ? strong_color : faint_color,
                 p.label + ": " + fixed(p.y, 4) + ", " + three_digits(std::pow(10.0, p.x)));
      if (p.labelled) svg += labels.put(x(p.x), y(p.y), p.label);
    }
    svg += text_at((left + width) / 2, height - 6, "middle", x_axis);
    svg += text_at(margin, margin + 2, "start", y_axis);
  }
  return {std::move(name), std::move(title), svg + "</svg>\n"};
}

}  // namespace embrace
