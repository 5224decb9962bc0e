// Tables of contests: what is shown of them, rounded.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>
#include <tuple>

#include "bench/report/contest_target.hpp"
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

/// A rate of two algorithms is not one of one algorithm in two programs.
std::string measure_text(const ContestRow& row) {
  if (row.measure == peers::Measure::rate && !row.unlike.empty()) return "rate of two algorithms";
  return peers::measure_name(row.measure);
}

std::vector<Cell> cells_of(const ContestRow& row) {
  const bool popularity = row.measure == peers::Measure::baseline;
  const auto accuracy = [](const std::optional<double>& value) { return value ? fixed(*value, 4) : ""; };
  std::vector<Cell> cells = {
      plain(row.contest),
      plain(popularity ? row.ours : row.package),
      plain(row.factors > 0 && !popularity ? std::to_string(row.factors) : ""),
      plain(measure_text(row)),
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

/// What a reader must know of the row: why it has no ratio, what is unlike, that it is of an earlier build.
std::vector<std::string> notes_of(const ContestRow& row) {
  std::vector<std::string> notes;
  if (!row.reason.empty()) notes.push_back(row.reason);
  if (!row.unlike.empty()) notes.push_back("two algorithms: " + row.unlike);
  if (row.metric == "auc") notes.emplace_back("an earlier race to AUC, in which popularity itself comes near the ends");
  if (row.metric == "loss") notes.emplace_back("an earlier race to a training loss, not to an equal ranking");
  return notes;
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
    for (const std::string& text : notes_of(*row)) {
      const std::string note = row->contest + ": " + text;
      if (std::find(table.notes.begin(), table.notes.end(), note) == table.notes.end()) table.notes.push_back(note);
    }
  }
  return table;
}

/// A side's two cells after epoch `epoch`, empty when it has no such epoch; the first that reaches the target is
/// marked.
void add_epoch(const ContestCurve::Side& side, int epoch, const std::optional<double>& target,
               std::vector<Cell>& cells) {
  const auto found = std::find(side.epochs.begin(), side.epochs.end(), epoch);
  if (found == side.epochs.end()) {
    cells.insert(cells.end(), 2, Cell{});
    return;
  }
  const auto at = found - side.epochs.begin();
  const auto begin = side.values.begin();
  const auto reaches = [&](double value) { return target && value >= *target; };
  cells.push_back(plain(fixed(begin[at], 4)));
  if (reaches(begin[at]) && std::none_of(begin, begin + at, reaches)) cells.back().standing = Standing::best;
  cells.push_back(plain(contest_digits(side.seconds[static_cast<std::size_t>(at)])));
}

/// Both sides epoch by epoch, after popularity.
Table make_table(const ContestCurve& curve) {
  Table table;
  table.heading = fmt::format("{}, {} factors, {} by epoch: {}, {}, {} threads", curve.contest, curve.factors,
                              curve.metric, curve.data, curve.split, curve.threads);
  table.columns = {
      {"epoch", false}, {curve.ours.method, true}, {"s so far", true}, {curve.theirs.method, true}, {"s so far", true}};
  table.keys = 1;
  const Cell popularity = plain(fixed(curve.popularity, 4));
  table.rows.push_back({plain(peers::baseline), popularity, {}, popularity, {}});
  int last = 0;
  for (const ContestCurve::Side* side : {&curve.ours, &curve.theirs}) {
    if (!side->epochs.empty()) last = std::max(last, side->epochs.back());
  }
  for (int epoch = 1; epoch <= last; ++epoch) {
    std::vector<Cell> cells = {plain(std::to_string(epoch))};
    for (const ContestCurve::Side* side : {&curve.ours, &curve.theirs}) add_epoch(*side, epoch, curve.target, cells);
    table.rows.push_back(std::move(cells));
  }
  if (curve.target) table.best_legend = "the first epoch with " + fixed(*curve.target, 4) + ", which both must reach";
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
  for (const ContestCurve& curve : contests.curves) document.tables.push_back(make_table(curve));
  if (!contests.curves.empty()) {
    document.notes.push_back(fmt::format(
        "Rankings race on a validation part of the training ratings, to a place between popularity and the best of the "
        "curves: {:.3g} % of the way to the worse side's best, and at least {:.3g} % of the way to the better side's. "
        "One "
        "evaluator measures both sides after each epoch, off the clock.",
        100 * worse_share, 100 * least_share));
  }
  document.notes.emplace_back(
      "Medians over interleaved repetitions; ratio: their time / ours; range: of the ratios of the repetitions. A time "
      "to accuracy holds what a side does with its arrays before the first epoch; unprepared: the ratio without that. "
      "A "
      "rate is that of epochs alone, in ratings a second, of which one of two algorithms may need more.");
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
