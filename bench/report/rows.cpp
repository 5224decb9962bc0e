// Records to rows: grouping, means over runs, intervals, speed.
#include <algorithm>
#include <cmath>
#include <set>
#include <tuple>

#include "bench/identity.hpp"
#include "bench/judge/gates.hpp"
#include "bench/report/compare.hpp"
#include "bench/report/replicates.hpp"
#include "bench/report/report.hpp"
#include "bench/report/settings.hpp"
#include "host/method.hpp"
#include "host/methods/registry.hpp"

namespace embrace {
namespace {

std::size_t method_place(const std::string& name) {
  const auto& all = methods();
  const auto found = std::find_if(all.begin(), all.end(), [&](const Method& m) { return m.name == name; });
  return static_cast<std::size_t>(found - all.begin());
}

/// ratings, then feature sets by size, then all, then the controls.
std::tuple<int, std::int64_t, std::string> information_place(const std::string& information) {
  const bool control = information.starts_with("shuffled") || information.starts_with("random");
  const int kind = information == "ratings" ? 0 : control ? 3 : information == "all" ? 2 : 1;
  return {kind, std::count(information.begin(), information.end(), '+'), information};
}

/// The table of a judge's runs, and of sources that answer by themselves: never one with other modes or judges.
std::string panel_of(const Record& r) {
  if (!r.judge) return "";
  if (r.judge->mode == "own") return "own scores, from the embedding part";
  if (r.judge->mode == "own-all") return "own scores, from all training ratings";
  if (r.judge->mode == "probes") return "probes: a ridge for each user, and what is in the vectors";
  return r.method + ", " + (r.judge->mode == "native" ? "native users" : "users of item vectors");
}

/// Everything that makes two runs belong to different rows, in the order of the table.
auto row_key(const Record& r) {
  return std::tuple(r.data.name, r.data.sha256, r.split.name, to_text(r.task), r.positive, r.cold_candidates,
                    panel_of(r), method_place(r.method), r.method, information_place(r.information), r.device.kind,
                    r.device.name, r.device.threads, r.at, settings_key(r), build_text(r));
}

std::string status_text(const std::vector<const Record*>& runs) {
  std::map<std::string, int> counts;
  for (const Record* run : runs) ++counts[to_text(run->status)];
  if (counts.size() == 1) return counts.begin()->first;
  std::string text;
  for (const auto& [status, count] : counts) {
    if (status == to_text(Status::ok)) continue;
    text += (text.empty() ? "" : ", ") + status + " " + std::to_string(count) + "/" + std::to_string(runs.size());
  }
  return text;
}

/// A sum may be too large for a number although its mean is none.
double mean(const std::vector<double>& values) {
  const auto count = static_cast<double>(values.size());
  double sum = 0, sum_of_parts = 0;
  for (const double value : values) {
    sum += value;
    sum_of_parts += value / count;
  }
  return std::isfinite(sum) ? sum / count : sum_of_parts;
}

/// What is no number is left out of every table.
std::optional<double> if_finite(double value) { return std::isfinite(value) ? std::optional(value) : std::nullopt; }

double deviation(const std::vector<double>& values) {
  const double center = mean(values);
  double sum = 0;
  for (const double value : values) sum += (value - center) * (value - center);
  return std::sqrt(sum / static_cast<double>(values.size() - 1));
}

void add_cost(const std::vector<const Record*>& runs, Row& row) {
  if (row.device == DeviceKind::emulated) return;  // its times are those of a stand-in
  std::vector<double> seconds, rates;
  for (const Record* run : runs) {
    if (run->status != Status::ok || !run->cost) continue;
    seconds.push_back(run->cost->train_seconds);
    rates.push_back(run->cost->updates_per_second);
    if (const double load = busy_load(*run); load > row.busy_load.value_or(0)) row.busy_load = load;
  }
  if (seconds.empty()) return;
  row.train_seconds = mean(seconds);
  if (seconds.size() > 1) row.train_seconds_spread = if_finite(deviation(seconds));
  row.updates_per_second = mean(rates);
}

/// Of the mean over several runs.
std::optional<Interval> interval_of(const std::string& metric, const Runs& runs) {
  const std::vector<Replicate> replicates = replicates_of(runs);
  for (const Replicate& replicate : replicates) {
    if (replicate.draws.empty()) return std::nullopt;
  }
  const Interval interval = estimate(replicates, test_users(metric, runs)).interval();
  return std::isfinite(interval.low) && std::isfinite(interval.high) ? std::optional(interval) : std::nullopt;
}

void add_accuracy(const std::vector<const Record*>& runs, Entry& entry) {
  for (const Record* run : runs) {
    entry.runs.push_back(run_id(*run));
    if (run->status != Status::ok) continue;
    for (const auto& [name, accuracy] : run->accuracy) entry.measured[name][run_id(*run)] = &accuracy;
  }
  for (const auto& [name, measured] : entry.measured) {
    RowMetric& metric = entry.row.accuracy[name];
    for (const auto& [run, a] : measured) metric.value += a->value / static_cast<double>(measured.size());
    if (measured.size() == 1) {
      const Accuracy& only = *measured.begin()->second;
      metric.value = only.value;
      metric.interval = Interval{only.low, only.high};
    } else {
      metric.interval = interval_of(name, measured);
    }
    const double users = test_users(name, measured);
    entry.row.users = entry.row.users > 0 && users > 0 ? std::min(entry.row.users, users) : users;
    entry.row.repeats = static_cast<int>(replicates_of(measured).size());
  }
}

void add_probes(const std::vector<const Record*>& runs, Row& row) {
  std::map<std::string, std::vector<double>> values;
  for (const Record* run : runs) {
    if (run->judge->mode != "probes") continue;
    for (const auto& [name, value] : run->judge->setting) values[name].push_back(value);
  }
  for (const auto& [name, list] : values) row.probes[name] = mean(list);
}

Entry make_entry(std::vector<const Record*> runs) {
  std::stable_sort(runs.begin(), runs.end(), [](const Record* a, const Record* b) { return run_id(*a) < run_id(*b); });
  const Record& first = *runs[0];
  Entry entry;
  entry.record = &first;
  Row& row = entry.row;
  row.data = first.data.name;
  row.data_sha256 = first.data.sha256;
  row.tags_from = first.data.tags_from;
  row.rejected = first.data.rejected;
  row.split = first.split.name;
  row.method = first.method;
  row.information = first.information;
  row.task = first.task;
  row.positive = first.positive;
  row.cold_candidates = first.cold_candidates;
  if (const Method* method = find_method(first.method); method != nullptr) row.chance = method->info.traits.chance;
  row.device = first.device.kind;
  row.device_name = first.device.name;
  row.threads = first.device.threads;
  row.panel = panel_of(first);
  if (first.judge) {
    add_probes(runs, row);
    double seconds = 0;
    for (const Record* run : runs) seconds += run->judge->source_seconds;
    row.source_seconds = seconds / static_cast<double>(runs.size());
    for (const Record* run : runs) {
      for (const std::string& note : run->notes) {
        if (std::find(row.notes.begin(), row.notes.end(), note) == row.notes.end()) row.notes.push_back(note);
      }
    }
    if (first.judge->bytes_per_item > 0) row.bytes_per_item = first.judge->bytes_per_item;
  }
  row.runs = static_cast<int>(runs.size());
  row.status = status_text(runs);
  if (first.task == Task::rating) row.best_rmse = first.data.best_rmse;
  for (const Record* run : runs) {
    if (run->status == Status::ok) continue;
    ++row.failed;
    if (std::find(row.reasons.begin(), row.reasons.end(), run->reason) == row.reasons.end()) {
      row.reasons.push_back(run->reason);
    }
  }
  add_cost(runs, row);
  add_accuracy(runs, entry);
  return entry;
}

/// The same work on another device; threads and names of devices may differ.
auto work_key(const Record& r) {
  return std::tuple(r.data.name, r.data.sha256, r.split.name, r.task, r.positive, r.cold_candidates, r.method,
                    r.information, settings_key(r), r.at);
}

void add_speedups(std::vector<Entry>& entries) {
  std::map<decltype(work_key(*entries[0].record)), double> fastest_cpu;
  for (const Entry& entry : entries) {
    if (entry.row.device != DeviceKind::cpu || !entry.row.train_seconds) continue;
    const auto [place, fresh] = fastest_cpu.try_emplace(work_key(*entry.record), *entry.row.train_seconds);
    if (!fresh) place->second = std::min(place->second, *entry.row.train_seconds);
  }
  for (Entry& entry : entries) {
    if (entry.row.device != DeviceKind::gpu || !entry.row.train_seconds || *entry.row.train_seconds <= 0) continue;
    const auto cpu = fastest_cpu.find(work_key(*entry.record));
    if (cpu != fastest_cpu.end()) entry.row.speedup_vs_cpu = if_finite(cpu->second / *entry.row.train_seconds);
  }
}

/// A table of a judge that fails a gate has no numbers.
void add_gates(const std::vector<Record>& records, std::vector<Entry>& entries) {
  const auto gates = judge::check_gates(records);
  std::map<TableKey, std::vector<std::string>> failed;
  for (const Entry& entry : entries) {
    if (!entry.record->judge) continue;
    const auto found = gates.find(judge::gate_table(*entry.record));
    if (found == gates.end()) continue;
    std::vector<std::string>& of_table = failed[table_of(entry.row)];
    for (const judge::Gate& gate : found->second) {
      const std::string text = gate.name + " (" + gate.detail + ")";
      if (!gate.holds && std::find(of_table.begin(), of_table.end(), text) == of_table.end()) of_table.push_back(text);
    }
  }
  for (Entry& entry : entries) entry.row.incorrect = failed[table_of(entry.row)];
}

}  // namespace

RunId run_id(const Record& r) {
  const auto draw = r.judge ? static_cast<std::uint64_t>(r.judge->draw) : r.split.seed;
  return {r.split.fold, draw, r.split.sha256, r.seed};
}

std::vector<Entry> make_entries(const std::vector<Record>& records) {
  std::map<decltype(row_key(records[0])), std::vector<const Record*>> rows;
  std::set<std::string> seen;
  for (const Record& record : records) {
    if (record.contest || record.status == Status::unsupported || !seen.insert(record.id).second) continue;
    rows[row_key(record)].push_back(&record);
  }
  std::vector<Entry> entries;
  for (auto& [key, runs] : rows) entries.push_back(make_entry(std::move(runs)));
  add_settings(entries);
  add_speedups(entries);
  add_standings(entries);
  add_baselines(entries);
  add_gates(records, entries);
  add_changes(entries);
  return entries;
}

Report make_report(const std::vector<Record>& records) {
  Report report;
  report.contests = make_contests(records);
  std::set<decltype(row_key(records[0]))> unsupported;
  std::set<std::string> builds;
  for (const Record& record : records) {
    if (record.contest) continue;
    if (record.status == Status::unsupported) unsupported.insert(row_key(record));
    builds.insert(made_by(record));
  }
  report.unsupported = static_cast<std::int64_t>(unsupported.size());
  report.builds.assign(builds.begin(), builds.end());
  std::vector<Entry> entries = make_entries(records);
  report.gains = gains_of(entries);
  for (Entry& entry : entries) report.rows.push_back(std::move(entry.row));
  return report;
}

std::vector<std::string> Report::probe_names() const {
  std::set<std::string> present;
  for (const Row& row : rows) {
    for (const auto& [name, value] : row.probes) present.insert(name);
  }
  return {present.begin(), present.end()};
}

std::vector<std::string> Report::metric_names() const {
  std::set<std::string> present;
  for (const Row& row : rows) {
    for (const auto& [name, metric] : row.accuracy) present.insert(name);
  }
  const auto place = [](const std::string& name) {
    const auto& infos = metric_infos();
    const std::size_t at = name.find('@');
    const auto info =
        std::find_if(infos.begin(), infos.end(), [&](const MetricInfo& i) { return i.name == name.substr(0, at); });
    // Cut-offs of more digits are larger ones; longer names (":sampled") go last.
    return std::tuple(info - infos.begin(), name.find(':') != std::string::npos, name.size(), name);
  };
  std::vector<std::string> names(present.begin(), present.end());
  std::sort(names.begin(), names.end(), [&](const auto& a, const auto& b) { return place(a) < place(b); });
  return names;
}

}  // namespace embrace
