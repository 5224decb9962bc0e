#include "bench/report/pairs.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <nlohmann/json.hpp>
#include <numeric>
#include <set>
#include <tuple>

#include "bench/identity.hpp"
#include "bench/report/compare.hpp"
#include "bench/report/settings.hpp"
#include "host/metrics/holm.hpp"
#include "host/metrics/metric.hpp"
#include "host/printable.hpp"

namespace embrace {
namespace {

constexpr double significant = 0.05;
/// Times of two sessions on one machine differ by this factor without any reason of ours.
constexpr double unremarkable = 1.1;

using Hypers = std::vector<std::pair<std::string, HyperValue>>;

/// Runs of one row on one side.
struct Side {
  const Record* first = nullptr;
  std::map<std::string, Runs> measured;
  std::map<RunId, double> seconds;  // of training, on an idle machine
};

auto key_of(const Record& r) {
  return std::tuple(r.data.name, r.data.sha256, r.split.name, r.task, r.positive, r.cold_candidates, r.method,
                    r.information, r.device.kind);
}
using Key = decltype(key_of(Record{}));
using Sides = std::map<Key, std::map<Hypers, Side>>;

Sides sides_of(const std::vector<Record>& records) {
  Sides sides;
  for (const Record& record : records) {
    if (record.status != Status::ok || record.contest) continue;
    Side& side = sides[key_of(record)][settings_key(record).hyper];
    if (side.first == nullptr) side.first = &record;
    const RunId run = run_id(record);
    for (const auto& [name, accuracy] : record.accuracy) side.measured[name][run] = &accuracy;
    const bool timed = record.cost && record.cost->train_seconds > 0 && record.device.kind != DeviceKind::emulated;
    if (timed && busy_load(record) == 0) side.seconds[run] = record.cost->train_seconds;
  }
  return sides;
}

std::string name_of(const Record& record) {
  return fmt::format("{}, {}, {}: {} {} ({})", record.data.name, record.split.name, to_text(record.task), record.method,
                     record.information, to_text(record.device.kind));
}

/// The hyper-parameters that differ among these rows, some of which may lack one.
std::string settings_of(const Hypers& own, const std::map<Hypers, Side>& rows) {
  std::string text;
  for (const auto& [name, value] : own) {
    std::set<HyperValue> values;
    std::size_t having = 0;
    for (const auto& [hyper, side] : rows) {
      for (const auto& [other, of_other] : hyper) {
        if (other != name) continue;
        values.insert(of_other);
        ++having;
      }
    }
    if (values.size() < 2 && having == rows.size()) continue;
    const auto* number = std::get_if<double>(&value);
    text += (text.empty() ? "" : " ") + name + "=" +
            (number != nullptr ? fmt::format("{:.6g}", *number) : std::get<std::string>(value));
  }
  return text;
}

double mean_value(const Runs& own, const Runs& other) {
  double sum = 0;
  int runs = 0;
  for (const auto& [run, accuracy] : own) {
    if (other.count(run) == 0) continue;
    sum += accuracy->value;
    ++runs;
  }
  return sum / runs;
}

void judge(double p, double gain, RowPair& pair) {
  pair.p = p;
  pair.verdict = gain > 0 ? Verdict::better : Verdict::worse;  // unless Holm objects
}

class Comparer {
 public:
  explicit Comparer(const std::string& metric) : metric_(metric) {}

  void add(const std::map<Hypers, Side>& rows, const Hypers& hyper, const Side& a, const Side& b) {
    RowPair pair;
    pair.data = a.first->data.name;
    pair.split = a.first->split.name;
    pair.task = a.first->task;
    pair.method = a.first->method;
    pair.information = a.first->information;
    pair.device = a.first->device.kind;
    pair.settings = settings_of(hyper, rows);
    for (const auto& [name, runs] : a.measured) {
      const auto found = b.measured.find(name);
      if (found != b.measured.end() && (metric_.empty() || metric_ == name))
        add_accuracy(pair, name, runs, found->second);
    }
    const bool same_machine =
        a.first->device.name == b.first->device.name && a.first->device.threads == b.first->device.threads;
    if (same_machine && (metric_.empty() || metric_ == time_metric)) add_times(pair, a.seconds, b.seconds);
  }

  /// All pairs, their p after Holm's correction.
  std::vector<RowPair> finish() {
    Array<double> p_values;
    for (const RowPair& pair : pairs_) {
      if (pair.p) p_values.push_back(*pair.p);
    }
    const Array<double> adjusted = holm(p_values);
    std::int64_t next = 0;
    for (RowPair& pair : pairs_) {
      if (!pair.p) continue;
      pair.p = adjusted[next++];
      if (*pair.p >= significant && pair.verdict != Verdict::same) pair.verdict = Verdict::unclear;
    }
    return std::move(pairs_);
  }

 private:
  void add_accuracy(RowPair pair, const std::string& metric, const Runs& a, const Runs& b) {
    const auto difference = difference_of(metric, b, a);
    const MetricInfo* info = find_metric(metric);
    if (!difference || info == nullptr) return;
    pair.metric = metric;
    pair.runs = difference->runs;
    pair.a = mean_value(a, b);
    pair.b = mean_value(b, a);
    pair.difference = difference->estimate.value;
    if (!std::isfinite(pair.a) || !std::isfinite(pair.b) || !std::isfinite(pair.difference)) return;
    if (difference->drawn) {
      pair.interval = difference->estimate.interval();
      judge(difference->estimate.p_value(), info->higher_is_better ? pair.difference : -pair.difference, pair);
    }
    const bool same = std::all_of(a.begin(), a.end(), [&](const auto& entry) {
      const auto found = b.find(entry.first);
      return found == b.end() || found->second->value == entry.second->value;
    });
    if (same) pair.verdict = Verdict::same;
    pairs_.push_back(std::move(pair));
  }

  /// Logarithms of ratios by Student's t, from three runs on.
  void add_times(RowPair pair, const std::map<RunId, double>& a, const std::map<RunId, double>& b) {
    std::vector<double> logs;
    for (const auto& [run, seconds] : a) {
      const auto found = b.find(run);
      if (found == b.end()) continue;
      logs.push_back(std::log(found->second / seconds));
      pair.a += seconds;
      pair.b += found->second;
    }
    if (logs.empty()) return;
    const auto count = static_cast<double>(logs.size());
    pair.metric = time_metric;
    pair.runs = static_cast<int>(logs.size());
    pair.a /= count;
    pair.b /= count;
    pair.difference = pair.b - pair.a;
    if (logs.size() >= 3) {
      Estimate ratio;
      ratio.value = std::accumulate(logs.begin(), logs.end(), 0.0) / count;
      ratio.freedom = count - 1;
      for (const double log : logs) {
        ratio.repeat_variance += (log - ratio.value) * (log - ratio.value) / (count * (count - 1));
      }
      const Interval interval = ratio.interval();
      pair.interval = Interval{pair.a * std::expm1(interval.low), pair.a * std::expm1(interval.high)};
      judge(ratio.p_value(), -ratio.value, pair);
      if (std::abs(ratio.value) < std::log(unremarkable)) pair.verdict = Verdict::unclear;
    }
    pairs_.push_back(std::move(pair));
  }

  std::string metric_;
  std::vector<RowPair> pairs_;
};

}  // namespace

FolderComparison compare_folders(const std::vector<Record>& a, const std::vector<Record>& b,
                                 const std::string& metric) {
  const Sides of_a = sides_of(a), of_b = sides_of(b);
  FolderComparison result;
  Comparer comparer(metric);
  const auto unpaired = [&](const Side& side, const char* where) {
    result.unpaired.push_back(std::string("only in ") + where + ": " + name_of(*side.first));
  };
  for (const auto& [key, rows] : of_a) {
    const auto found = of_b.find(key);
    for (const auto& [hyper, side] : rows) {
      if (found == of_b.end()) {
        unpaired(side, "A");
        continue;
      }
      // A default may have changed between two builds: one row on either side is the same row.
      const bool single = rows.size() == 1 && found->second.size() == 1;
      const auto other = single ? found->second.begin() : found->second.find(hyper);
      if (other == found->second.end()) {
        unpaired(side, "A");
      } else {
        comparer.add(rows, hyper, side, other->second);
      }
    }
  }
  for (const auto& [key, rows] : of_b) {
    const auto found = of_a.find(key);
    for (const auto& [hyper, side] : rows) {
      const bool single = found != of_a.end() && rows.size() == 1 && found->second.size() == 1;
      if (!single && (found == of_a.end() || found->second.count(hyper) == 0)) unpaired(side, "B");
    }
  }
  result.pairs = comparer.finish();
  return result;
}

std::string to_json(const FolderComparison& comparison) {
  using Json = nlohmann::ordered_json;
  Json pairs = Json::array();
  for (const RowPair& pair : comparison.pairs) {
    Json out = {{"data", pair.data},
                {"split", pair.split},
                {"task", to_text(pair.task)},
                {"method", pair.method},
                {"information", pair.information},
                {"device", to_text(pair.device)}};
    if (!pair.settings.empty()) out["settings"] = pair.settings;
    out["metric"] = pair.metric;
    out["runs"] = pair.runs;
    out["a"] = pair.a;
    out["b"] = pair.b;
    out["difference"] = pair.difference;
    if (pair.interval) {
      out["low"] = pair.interval->low;
      out["high"] = pair.interval->high;
    }
    if (pair.p) out["p"] = *pair.p;
    out["verdict"] = to_text(pair.verdict);
    pairs.push_back(std::move(out));
  }
  const Json document = {{"schema", "embrace.compare/1"}, {"pairs", std::move(pairs)}};
  return printable_json(document.dump(1, ' ', false, Json::error_handler_t::replace)) + "\n";
}

}  // namespace embrace
