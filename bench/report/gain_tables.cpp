// The second table of rows with metadata: what the information adds, over ratings alone and over wrong information.
#include <algorithm>
#include <set>

#include "bench/report/document.hpp"
#include "bench/report/numbers.hpp"

namespace embrace {
namespace {

Cell gain_cell(const std::optional<Difference>& gain) {
  if (!gain) return {};
  Cell cell = plain((gain->value > 0 ? "+" : "") + fixed(gain->value, 4));
  if (!gain->interval) return cell;
  cell.spread = half_width(*gain->interval);
  cell.detail = fixed(gain->interval->low, 4) + " to " + fixed(gain->interval->high, 4);
  if (gain->interval->low <= 0 && gain->interval->high >= 0) cell.standing = Standing::tied;
  return cell;
}

bool any(const std::vector<const Gain*>& gains, std::optional<Difference> Gain::*over) {
  return std::any_of(gains.begin(), gains.end(), [&](const Gain* gain) { return (gain->*over).has_value(); });
}

/// What to add to -i for the controls that are not there.
std::string missing_controls(const Report& report, const std::vector<const Gain*>& gains) {
  std::set<std::string> missing;
  for (const Gain* gain : gains) {
    const std::string& information = report.rows[gain->row].information;
    const std::string of = information == "all" ? "" : ":" + information;
    if (!gain->over_shuffled) missing.insert("shuffled" + of);
    if (!gain->over_random) missing.insert("random" + of);
  }
  std::string text;
  for (const std::string& control : missing) text += (text.empty() ? "" : ",") + control;
  return text;
}

}  // namespace

std::optional<Table> gain_table(const Report& report, std::size_t first, std::size_t next, const std::string& heading) {
  std::vector<const Gain*> gains;
  for (const Gain& gain : report.gains) {
    if (gain.row >= first && gain.row < next) gains.push_back(&gain);
  }
  if (gains.empty()) return std::nullopt;
  const bool settings = std::any_of(gains.begin(), gains.end(),
                                    [&](const Gain* gain) { return !report.rows[gain->row].settings.empty(); });
  Table table;
  table.heading = "What the information adds: " + heading;
  table.columns = {{"method", false}, {"information", false}, {"device", false}};
  if (settings) table.columns.push_back({"settings", false});
  table.columns.push_back({"metric", false});
  table.keys = table.columns.size();
  for (const char* title : {"over ratings", "over shuffled", "over random"}) table.columns.push_back({title, true});
  for (const Gain* gain : gains) {
    const Row& row = report.rows[gain->row];
    std::vector<Cell> cells = {plain(row.method), plain(row.information), plain(to_text(row.device))};
    if (settings) cells.push_back(plain(row.settings));
    cells.push_back(plain(gain->metric));
    for (const auto over : {&Gain::over_ratings, &Gain::over_shuffled, &Gain::over_random}) {
      cells.push_back(gain_cell(gain->*over));
    }
    table.rows.push_back(std::move(cells));
  }
  table.notes.emplace_back(
      "Greater than zero: better than the same method with ratings alone, or with a control (the same features with "
      "their rows permuted, or random numbers). ~: the paired 95 % interval includes zero. What counts is a gain over "
      "all three.");
  if (const std::string missing = missing_controls(report, gains); !missing.empty()) {
    table.notes.push_back(std::string(any(gains, &Gain::over_shuffled) || any(gains, &Gain::over_random)
                                          ? "Controls that are not in this table: "
                                          : "No control in this table: ") +
                          "embrace run ... -i " + missing);
  }
  return table;
}

}  // namespace embrace
