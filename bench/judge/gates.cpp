#include "bench/judge/gates.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>

#include "bench/judge/sources.hpp"
#include "host/judge/free_vectors.hpp"
#include "host/metrics/statistics.hpp"

namespace embrace::judge {
namespace {

using RunKey = std::tuple<int, std::uint64_t, int, std::uint64_t>;  // fold, split seed, draw, seed

struct SourceRuns {
  std::map<RunKey, const Accuracy*> runs;
  double mean() const {
    double sum = 0;
    for (const auto& [key, accuracy] : runs) sum += accuracy->value;
    return sum / static_cast<double>(runs.size());
  }
};
using Table = std::map<std::string, SourceRuns>;  // by source

std::string metric_of(Task task) { return task == Task::rating ? "rmse" : "ndcg"; }

/// The metric that a table is judged by: rmse, or ndcg at the first cut-off.
const Accuracy* measured(const Record& record) {
  for (const auto& [name, accuracy] : record.accuracy) {
    if (name.substr(0, name.find('@')) == metric_of(record.task)) return &accuracy;
  }
  return nullptr;
}

RunKey run_key(const Record& record) { return {record.split.fold, record.split.seed, record.judge->draw, record.seed}; }

struct Difference {
  double value = 0;
  std::optional<Interval> interval;
};

/// Mean of a - b over the runs that both have; nothing without one.
std::optional<Difference> difference(const SourceRuns& a, const SourceRuns& b) {
  Difference out;
  Array<double> draws;
  std::int64_t runs = 0;
  for (const auto& [key, first] : a.runs) {
    const auto found = b.runs.find(key);
    if (found == b.runs.end()) continue;
    const Accuracy& second = *found->second;
    ++runs;
    out.value += first->value - second.value;
    if (first->draws.size() != second.draws.size()) continue;
    draws.resize(first->draws.size(), 0.0);
    for (std::size_t d = 0; d < first->draws.size(); ++d) draws[d] += first->draws[d] - second.draws[d];
  }
  if (runs == 0) return std::nullopt;
  out.value /= static_cast<double>(runs);
  for (double& d : draws) d /= static_cast<double>(runs);
  if (!draws.empty()) out.interval = percentile_interval(std::move(draws));
  return out;
}

class Checks {
 public:
  Checks(const Table& table, const Table& own, Task task, bool native, bool trains)
      : table_(table),
        own_(own),
        lower_is_better_(task == Task::rating),
        margin_(lower_is_better_ ? rmse_margin : ndcg_margin) {
    const SourceRuns* random = find("random");
    if (random != nullptr && !trains) {
      for (const auto& [name, runs] : table) {
        if (!names_control(name)) margin_ = std::max(margin_, control_share * gain(runs, *random));
      }
      const SourceRuns* zero = task == Task::rating ? find("zero") : nullptr;
      if (zero != nullptr) same("random-zero", "random", *random, "zero", *zero);
      for (const auto& [name, runs] : table) {
        constexpr std::string_view prefix = "shuffled:";
        if (!name.starts_with(prefix)) continue;
        const std::string alike = "random:" + name.substr(prefix.size());
        const SourceRuns* of_its_shape = find(alike);
        same("shuffled-random", name, runs, of_its_shape == nullptr ? "random" : alike,
             of_its_shape == nullptr ? *random : *of_its_shape);
      }
    }
    for (const auto& [name, runs] : table) {
      if (name.starts_with("oracle:")) best(name, runs);
      if (native) adequate(name, runs);
    }
  }
  std::vector<Gate> result() { return std::move(gates_); }

 private:
  const SourceRuns* find(const std::string& name) const {
    const auto found = table_.find(name);
    return found == table_.end() ? nullptr : &found->second;
  }

  double gain(const SourceRuns& runs, const SourceRuns& over) const {
    const std::optional<Difference> d = difference(runs, over);
    return d ? d->value * (lower_is_better_ ? -1 : 1) : 0;
  }

  void same(const char* gate, const std::string& a, const SourceRuns& of_a, const std::string& b,
            const SourceRuns& of_b) {
    const std::optional<Difference> d = difference(of_a, of_b);
    if (!d) return;
    const bool holds_zero = d->interval && d->interval->low <= 0 && d->interval->high >= 0;
    gates_.push_back(
        {gate, holds_zero || std::abs(d->value) <= margin_, fmt::format("{} - {} = {:+.4f}", a, b, d->value)});
  }

  void best(const std::string& oracle, const SourceRuns& runs) {
    Gate gate{"oracle-best", true, oracle + " is better than all"};
    for (const auto& [name, others] : table_) {
      if (name.starts_with("oracle:")) continue;
      const std::optional<Difference> d = difference(runs, others);
      if (!d || (lower_is_better_ ? d->value < 0 : d->value > 0)) continue;
      gate = {"oracle-best", false, fmt::format("{} - {} = {:+.4f}", oracle, name, d->value)};
    }
    gates_.push_back(std::move(gate));
  }

  void adequate(const std::string& source, const SourceRuns& runs) {
    const auto own = own_.find(source);
    if (own == own_.end()) return;
    const double behind = (runs.mean() - own->second.mean()) * (lower_is_better_ ? 1 : -1);
    gates_.push_back(
        {"adequacy", behind <= adequacy_margin, fmt::format("{}: judge - own score = {:+.4f}", source, behind)});
  }

  const Table& table_;
  const Table& own_;
  bool lower_is_better_;
  double margin_;
  std::vector<Gate> gates_;
};

/// Is the judge's name that of one with vectors of its own?
bool trains_vectors(const std::string& method) {
  const std::vector<std::string> modes = all_texts<VectorMode>();
  return std::any_of(modes.begin(), modes.end(), [&](const auto& mode) { return method.ends_with(":" + mode); });
}

/// A judge that is given nothing and learns vectors beside the same judge on random ones. Not of cold items, whose own
/// vectors nothing trains.
std::optional<Gate> learns_by_itself(const GateTable& place, const std::map<GateTable, Table>& tables) {
  const std::string suffix = ":" + to_text(VectorMode::end_to_end);
  const std::string& method = std::get<3>(place);
  if (!method.ends_with(suffix) || std::get<1>(place).starts_with("cold-items")) return std::nullopt;
  GateTable frozen = place;
  std::get<3>(frozen) = method.substr(0, method.size() - suffix.size());
  const auto beside = tables.find(frozen);
  if (beside == tables.end()) return std::nullopt;
  const auto own = tables.at(place).find("zero"), random = beside->second.find("random");
  if (own == tables.at(place).end() || random == beside->second.end()) return std::nullopt;
  const std::optional<Difference> d = difference(own->second, random->second);
  if (!d) return std::nullopt;
  const bool rating = std::get<2>(place) == to_text(Task::rating);
  return Gate{"end-to-end", rating ? d->value < 0 : d->value > 0,
              fmt::format("end to end - random = {:+.4f}", d->value)};
}

/// Whose own scores a table is compared with: all but the judge and the mode.
GateTable own_table(GateTable table) {
  std::get<3>(table) = "";
  std::get<4>(table) = "own";
  return table;
}

}  // namespace

GateTable gate_table(const Record& record) {
  return {record.data.sha256, record.split.name,  to_text(record.task),
          record.method,      record.judge->mode, record.judge->width};
}

std::map<GateTable, std::vector<Gate>> check_gates(const std::vector<Record>& records) {
  std::map<GateTable, Table> tables, own;
  std::map<GateTable, std::vector<Gate>> result;
  std::map<GateTable, Task> tasks;
  for (const Record& record : records) {
    if (!record.judge || record.status != Status::ok) continue;
    const Accuracy* accuracy = measured(record);
    if (accuracy == nullptr) continue;
    const GateTable place = gate_table(record);
    if (record.judge->mode == "own") {
      own[own_table(place)][record.judge->source].runs[run_key(record)] = accuracy;
      continue;
    }
    if (record.judge->mode == "own-all" || record.judge->mode == "probes") continue;
    tables[place][record.judge->source].runs[run_key(record)] = accuracy;
    tasks[place] = record.task;
    for (const char* name : {"frozen", "rotation"}) {
      const auto found = record.judge->gates.find(name);
      if (found == record.judge->gates.end() || found->second) continue;
      result[place].push_back({name, false, record.judge->source + ", record " + record.id});
    }
  }
  for (const auto& [place, table] : tables) {
    std::vector<Gate> gates = Checks(table, own[own_table(place)], tasks[place], std::get<4>(place) == "native",
                                     trains_vectors(std::get<3>(place)))
                                  .result();
    std::vector<Gate>& all = result[place];
    all.insert(all.end(), gates.begin(), gates.end());
    if (const auto gate = learns_by_itself(place, tables)) all.push_back(*gate);
  }
  return result;
}

}  // namespace embrace::judge
