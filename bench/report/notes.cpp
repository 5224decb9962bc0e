// The foot of a table: what its marks mean, and what its figures leave out.
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "bench/report/document.hpp"
#include "bench/report/numbers.hpp"

namespace embrace {
namespace {

/// Users below which the simulated coverage of intervals falls short, see docs/statistics.md.
constexpr double small_test = 100;

bool any_standing(const Table& table, Standing standing) {
  return std::any_of(table.rows.begin(), table.rows.end(), [&](const auto& row) {
    return std::any_of(row.begin(), row.end(), [&](const Cell& cell) { return cell.standing == standing; });
  });
}

/// Says over what the marks compare, when that is not all that the table shows.
void add_comparison_notes(const std::vector<const Row*>& rows, Table& table) {
  std::string none;
  std::set<int> fewer;
  std::set<std::string> said;
  for (const Row* row : rows) {
    for (const auto& [name, metric] : row->accuracy) {
      if (!metric.compared || !said.insert(name).second) continue;
      if (*metric.compared == 0) none += (none.empty() ? "" : ", ") + name;
      if (*metric.compared > 0 && *metric.compared < row->runs_of_table) fewer.insert(*metric.compared);
    }
  }
  for (const int runs : fewer) {
    table.notes.push_back(
        fmt::format("Marks compare the {} of {} folds and seeds that all rows have; rows with fewer than {} have none.",
                    runs, rows[0]->runs_of_table, rows[0]->runs_of_table));
  }
  if (!none.empty()) table.notes.push_back("No marks for " + none + ": there is no fold and seed that all rows have.");
}

std::string name_of(const Row& row) {
  return row.method + " " + row.information + (row.settings.empty() ? "" : " " + row.settings);
}

void add_baseline_note(const std::vector<const Row*>& rows, Table& table) {
  std::string all;
  for (const Row* row : rows) {
    std::set<std::string> baselines;
    for (const auto& [name, metric] : row->accuracy) {
      if (!metric.worse_than.empty()) baselines.insert(metric.worse_than);
    }
    if (baselines.empty()) continue;
    std::string names;
    for (const std::string& baseline : baselines) names += (names.empty() ? "" : ", ") + baseline;
    all += (all.empty() ? "" : "; ") + name_of(*row) + " (" + names + ")";
  }
  if (!all.empty()) table.notes.push_back("(b): worse than a baseline of this table, by value: " + all + ".");
}

/// What the intervals draw, and what they leave out.
void add_sampling_notes(const std::vector<const Row*>& rows, Table& table) {
  std::string one_seed;
  int repeats = 0;
  double users = 0;
  bool all = true;
  for (const Row* row : rows) {
    if (row->accuracy.empty()) continue;
    repeats = std::max(repeats, row->repeats);
    if (row->users > 0) users = users > 0 ? std::min(users, row->users) : row->users;
    if (row->repeats > 1) all = false;
    if (row->chance && row->repeats == 1) one_seed += (one_seed.empty() ? "" : ", ") + name_of(*row);
  }
  if (repeats > 1) {
    table.notes.push_back(fmt::format(
        "Intervals and marks draw users and repetitions: {} seeds, or draws of the split where there are several.",
        repeats));
  }
  if (!one_seed.empty()) {
    table.notes.push_back(
        all ? "One seed: intervals and marks draw users alone; what other seeds would change is not in them."
            : "One seed, so that what others would change is not in the interval: " + one_seed + ".");
  }
  if (users > 0 && users < small_test) {
    table.notes.push_back(
        fmt::format("Small test: it weighs as {:.0f} users of equal numbers of ratings would. Below {:.0f}, 95 % "
                    "intervals hold the true value less often than they say.",
                    users, small_test));
  }
}

}  // namespace

void add_notes(const std::vector<const Row*>& rows, Table& table) {
  if (rows[0]->rejected > 0) {
    table.notes.push_back(fmt::format("Bad rows of the data left out: {}.", rows[0]->rejected));
  }
  if (rows[0]->best_rmse) {
    table.notes.push_back(fmt::format("Best reachable RMSE on {}: {} (the planted noise).", rows[0]->data,
                                      fixed(*rows[0]->best_rmse, 4)));
  }
  if (any_standing(table, Standing::best)) {
    table.best_legend =
        "better than every other method, information and setting over the same folds and seeds, all differences "
        "counted together; each paired 95 % interval excludes zero.";
  }
  if (any_standing(table, Standing::tied)) {
    table.notes.emplace_back(
        "~: the best value and those that cannot be told from it, all differences counted together (95 % model "
        "confidence set).");
  }
  for (const std::string& gate : rows[0]->incorrect) table.notes.push_back("INCORRECT: the table fails " + gate + ".");
  for (const Row* row : rows) {
    for (const std::string& note : row->notes) {
      const std::string sentence = "Of " + note + ".";
      if (std::find(table.notes.begin(), table.notes.end(), sentence) == table.notes.end())
        table.notes.push_back(sentence);
    }
  }
  if (std::any_of(rows.begin(), rows.end(), [](const Row* row) { return !row->probes.empty(); })) {
    table.notes.emplace_back(
        "Probes: no judge learns here; what each says of the vectors, and what not, stands in docs/judge.md.");
  }
  add_comparison_notes(rows, table);
  add_baseline_note(rows, table);
  add_sampling_notes(rows, table);
  double load = 0;
  for (const Row* row : rows) load = std::max(load, row->busy_load.value_or(0));
  if (load > 0) {
    table.notes.push_back(fmt::format(
        "!: the machine had other work (load up to {} when a run began): not a time to compare.", fixed(load, 1)));
  }
  if (std::any_of(rows.begin(), rows.end(), [](const Row* row) { return row->change.has_value(); })) {
    table.notes.emplace_back(
        "Change: difference to the same row of the earliest build, paired over the folds and seeds that both have.");
  }
  for (const Row* row : rows) {
    if (row->failed == 0) continue;
    std::string note = fmt::format("Failed: {} {} ({}), {} of {} runs", row->method, row->information,
                                   to_text(row->device), row->failed, row->runs);
    for (const std::string& reason : row->reasons) note += "; " + reason;
    table.notes.push_back(note);
  }
}

}  // namespace embrace
