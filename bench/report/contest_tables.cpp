// Tables of contests: what is shown of them, rounded.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>
#include <tuple>

#include "bench/report/document.hpp"
#include "bench/report/numbers.hpp"

namespace embrace {
namespace {

/// Four decimals below one: operations take tenths of milliseconds.
std::string contest_digits(double value) { return value >= 0.9995 ? three_digits(value) : fixed(value, 4); }

std::string value_text(const ContestRow& row, const std::optional<double>& value) {
  if (!value) return "";
  if (row.measure == peers::Measure::rate) return contest_digits(*value / 1e6) + " M/s";
  return contest_digits(*value) + " s";
}

std::vector<Cell> cells_of(const ContestRow& row) {
  const auto accuracy = [](const std::optional<double>& value) { return value ? fixed(*value, 4) : ""; };
  std::vector<Cell> cells = {
      plain(row.contest),
      plain(row.package),
      plain(row.factors > 0 ? std::to_string(row.factors) : ""),
      plain(peers::measure_name(row.measure)),
      plain(row.target ? row.metric + " " + fixed(*row.target, 4) : row.metric),
      plain(accuracy(row.ours_accuracy)),
      plain(accuracy(row.theirs_accuracy)),
      plain(value_text(row, row.ours_value)),
      plain(value_text(row, row.theirs_value)),
      plain(row.ratio ? contest_digits(*row.ratio) + "x" : ""),
      plain(row.interval ? contest_digits(row.interval->low) + " to " + contest_digits(row.interval->high) : ""),
      plain(row.training_alone ? contest_digits(*row.training_alone) + "x" : ""),
      plain(row.bar > 0 ? fmt::format("{:g}x", row.bar) : ""),
      plain(verdict(row))};
  return cells;
}

Table make_table(const std::vector<const ContestRow*>& rows) {
  const ContestRow& first = *rows[0];
  Table table;
  table.heading = fmt::format("{}, {}, {} threads", first.data, first.split, first.threads);
  table.columns = {{"contest", false},    {"peer", false},     {"k", true},           {"measure", false},
                   {"both reach", false}, {"end, ours", true}, {"end, theirs", true}, {"ours", true},
                   {"theirs", true},      {"ratio", true},     {"range", true},       {"unprepared", true},
                   {"aim", true},         {"", false}};
  table.keys = 2;
  for (const ContestRow* row : rows) {
    table.rows.push_back(cells_of(*row));
    if (!row->reason.empty()) {
      const std::string note = row->contest + ": " + row->reason;
      if (std::find(table.notes.begin(), table.notes.end(), note) == table.notes.end()) table.notes.push_back(note);
    }
  }
  return table;
}

auto table_key(const ContestRow& row) { return std::tie(row.data, row.split, row.threads); }

}  // namespace

void add_contests(const Contests& contests, Document& document) {
  const std::vector<ContestRow>& rows = contests.rows;
  if (rows.empty()) return;
  for (std::size_t first = 0; first < rows.size();) {
    std::vector<const ContestRow*> part;
    std::size_t next = first;
    for (; next < rows.size() && table_key(rows[first]) == table_key(rows[next]); ++next) part.push_back(&rows[next]);
    document.tables.push_back(make_table(part));
    first = next;
  }
  document.notes.emplace_back(
      "Medians over interleaved repetitions; ratio: their time / ours; range: of the ratios of the repetitions. A time "
      "to "
      "accuracy holds what a side does with its arrays before the first epoch; unprepared: the ratio without that. A "
      "rate is that of epochs alone, in ratings a second of two algorithms, which may need unlike numbers of them.");
  std::set<int> repetitions;
  for (const ContestRow& row : rows) {
    if (row.interval) repetitions.insert(row.repetitions);
  }
  for (const int n : repetitions) {
    document.notes.push_back(
        fmt::format("Of {} repetitions, the range holds the true median ratio in {:.4g} % of cases{}.", n,
                    100 * (1 - std::ldexp(1.0, 1 - n)), n < 5 ? ": no 95 % interval" : ""));
  }
  if (contests.load > 0) {
    document.notes.push_back(fmt::format(
        "The machine had other work: up to {:.1f} programs waited for a processor when a run began.", contests.load));
  }
  for (const std::string& maker : contests.makers) document.notes.push_back("Made by " + maker + ".");
}

}  // namespace embrace
