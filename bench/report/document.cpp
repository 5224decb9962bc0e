#include "bench/report/document.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <map>
#include <tuple>

#include "bench/report/compare.hpp"
#include "bench/report/numbers.hpp"
#include "host/metrics/metric.hpp"

namespace embrace {
namespace {

std::string rate(double value) {
  if (value >= 999.5e6) return three_digits(value / 1e9) + " G";
  if (value >= 999.5e3) return three_digits(value / 1e6) + " M";
  if (value >= 999.5) return three_digits(value / 1e3) + " k";
  return three_digits(value);
}

Cell metric_cell(const Row& row, const std::string& name) {
  const auto found = row.accuracy.find(name);
  if (found == row.accuracy.end()) return {};
  const RowMetric& metric = found->second;
  Cell cell;
  if (!row.incorrect.empty()) {
    cell.text = "INCORRECT";
    return cell;
  }
  cell.text = fixed(metric.value, 4) + (metric.worse_than.empty() ? "" : " (b)");
  cell.standing = metric.standing;
  if (metric.interval) {
    cell.spread = half_width(*metric.interval);
    cell.detail = fixed(metric.interval->low, 4) + " to " + fixed(metric.interval->high, 4);
  }
  return cell;
}

/// A figure of time, with the mark of a busy machine.
std::string timed(const Row& row, const std::string& text) { return row.busy_load ? text + "!" : text; }

Cell seconds_cell(const Row& row) {
  Cell cell;
  if (row.train_seconds) cell.text = timed(row, three_digits(*row.train_seconds));
  if (row.train_seconds_spread) cell.spread = three_digits(*row.train_seconds_spread);
  return cell;
}

Cell change_cell(const Row& row) {
  Cell cell;
  if (!row.change) return cell;
  const Change& change = *row.change;
  if (change.runs == 0) {
    cell.text = "no run in common";
    return cell;
  }
  cell.text = change.metric + (change.value == 0 ? " 0" : (change.value > 0 ? " +" : " ") + fixed(change.value, 4));
  if (change.interval) {
    cell.spread = half_width(*change.interval);
    cell.detail = fixed(change.interval->low, 4) + " to " + fixed(change.interval->high, 4);
  }
  return cell;
}

/// "ok 5"; "ok 2 of 5" when other rows of the table have more.
std::string status_text(const Row& row) {
  const std::string of = row.runs < row.runs_of_table ? " of " + std::to_string(row.runs_of_table) : "";
  if (of.empty() && (row.runs == 1 || row.status.find('/') != std::string::npos)) return row.status;
  return row.status + " " + std::to_string(row.runs) + of;
}

/// A column: how it is titled and what a row puts there. Columns without any content are dropped.
struct Source {
  Column column;
  std::function<Cell(const Row&)> cell;
  bool always = false;
};

std::vector<Source> sources(const std::vector<std::string>& metrics, const std::vector<std::string>& probes) {
  std::vector<Source> all;
  const auto add = [&](const char* title, bool number, bool always, std::function<Cell(const Row&)> cell) {
    all.push_back({{title, number}, std::move(cell), always});
  };
  add("method", false, true, [](const Row& row) { return plain(row.method); });
  add("information", false, true, [](const Row& row) { return plain(row.information); });
  add("device", false, true, [](const Row& row) { return plain(to_text(row.device)); });
  add("settings", false, false, [](const Row& row) { return plain(row.settings); });
  for (const std::string& name : metrics) {
    add(name.c_str(), true, false, [name](const Row& row) { return metric_cell(row, name); });
  }
  for (const std::string& name : probes) {
    add(name.c_str(), true, false, [name](const Row& row) {
      const auto found = row.probes.find(name);
      return plain(found == row.probes.end() ? "" : three_digits(found->second));
    });
  }
  add("change", true, false, change_cell);
  add("bytes/item", true, false,
      [](const Row& row) { return plain(row.bytes_per_item ? std::to_string(*row.bytes_per_item) : ""); });
  add("source s", true, false,
      [](const Row& row) { return plain(row.source_seconds ? timed(row, three_digits(*row.source_seconds)) : ""); });
  add("train s", true, false, seconds_cell);
  add("updates/s", true, false,
      [](const Row& row) { return plain(row.updates_per_second ? timed(row, rate(*row.updates_per_second)) : ""); });
  add("speedup", true, false, [](const Row& row) {
    return plain(row.speedup_vs_cpu ? timed(row, three_digits(*row.speedup_vs_cpu) + "x") : "");
  });
  add("status", false, true, [](const Row& row) { return plain(status_text(row)); });
  return all;
}

std::string heading(const Row& row) {
  std::string text = row.data + (row.tags_from.empty() ? "" : " with tags of " + row.tags_from) + ", " + row.split +
                     ", " + to_text(row.task);
  if (row.positive) text += fmt::format(", positive from {:.6g}", *row.positive);
  if (row.cold_candidates) text += ", cold candidates";
  if (!row.panel.empty()) text += "; " + row.panel;
  return text;
}

/// Items without a training rating compete there with all others: the values are zero, or nearly, whatever a method
/// does.
bool is_zero_by_construction(const Row& row) {
  return row.task == Task::ranking && row.split.starts_with("cold-items") && !row.cold_candidates;
}

Table make_table(const std::vector<const Row*>& rows) {
  Report part;
  for (const Row* row : rows) part.rows.push_back(*row);
  Table table;
  table.heading = heading(*rows[0]);
  table.rows.resize(rows.size());
  for (const Source& source : sources(part.metric_names(), part.probe_names())) {
    std::vector<Cell> cells;
    for (const Row* row : rows) cells.push_back(source.cell(*row));
    const bool empty = std::all_of(cells.begin(), cells.end(), [](const Cell& cell) { return cell.text.empty(); });
    if (empty && !source.always) continue;
    if (!source.column.number && table.keys == table.columns.size()) ++table.keys;
    table.columns.push_back(source.column);
    for (std::size_t r = 0; r < rows.size(); ++r) table.rows[r].push_back(std::move(cells[r]));
  }
  add_notes(rows, table);
  return table;
}

/// Tables of data by one name that are not the same data, such as with and without the tags of others.
void tell_apart(const std::vector<std::string>& shas, std::vector<Table>& tables) {
  std::map<std::string, int> headings;
  for (const Table& table : tables) ++headings[table.heading];
  for (std::size_t t = 0; t < tables.size(); ++t) {
    if (headings[tables[t].heading] > 1) tables[t].heading += ", data " + shas[t].substr(0, 8);
  }
}

}  // namespace

Cell plain(std::string text) {
  Cell cell;
  cell.text = std::move(text);
  return cell;
}

std::string half_width(const Interval& interval) { return fixed(interval.high / 2 - interval.low / 2, 4); }

Document make_document(const Report& report) {
  Document document;
  std::vector<std::string> shas;  // of the tables' data
  for (std::size_t first = 0; first < report.rows.size();) {
    std::vector<const Row*> rows;
    std::size_t next = first;
    for (; next < report.rows.size() && table_of(report.rows[first]) == table_of(report.rows[next]); ++next) {
      rows.push_back(&report.rows[next]);
    }
    if (is_zero_by_construction(*rows[0])) {
      document.notes.push_back(fmt::format(
          "Not shown: {}. Items without a training rating compete there with all others, so that the values are zero, "
          "or nearly, whatever a method does; embrace run --candidates cold ranks them among themselves.",
          heading(*rows[0])));
    } else {
      document.tables.push_back(make_table(rows));
      shas.push_back(rows[0]->data_sha256);
      if (std::optional<Table> gains = gain_table(report, first, next, heading(*rows[0]))) {
        document.tables.push_back(std::move(*gains));
        shas.push_back(rows[0]->data_sha256);
      }
    }
    first = next;
  }
  tell_apart(shas, document.tables);
  if (!document.tables.empty()) {
    document.notes.emplace_back(
        "After the sign: half the 95 % interval (bootstrap over users; and over seeds, where a row has several), for "
        "times the standard deviation between runs.");
  }
  if (std::any_of(report.rows.begin(), report.rows.end(), [](const Row& row) { return !row.settings.empty(); })) {
    document.notes.emplace_back(
        "Settings: those that are not the method's default, and those that set rows of a method apart.");
  }
  if (report.unsupported > 0) {
    document.notes.push_back(
        fmt::format("{} that cannot be (unsupported), left out.",
                    report.unsupported == 1 ? "1 pair of method and information"
                                            : std::to_string(report.unsupported) + " pairs of method and information"));
  }
  for (const std::string& build : report.builds) document.notes.push_back("Made by " + build + ".");
  add_contests(report.contests, document);
  return document;
}

}  // namespace embrace
