#include "bench/tune/search.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <set>
#include <tuple>

#include "bench/selection.hpp"
#include "host/error.hpp"
#include "host/methods/registry.hpp"
#include "host/random.hpp"
#include "host/text.hpp"

namespace embrace {
namespace {

constexpr double edge_share = 0.025;  // of a range, at either end

bool is_log(const SearchRange& range) { return range.scale == SearchRange::Scale::log; }

double value_at(const SearchRange& range, double u) {
  if (!is_log(range)) return range.low + u * (range.high - range.low);
  return range.low * std::pow(range.high / range.low, u);
}

/// Where a value lies in its range: from 0 to 1, or beyond when the range does not hold it.
double place_of(const SearchRange& range, double value) {
  if (!is_log(range)) return (value - range.low) / (range.high - range.low);
  return std::log(value / range.low) / std::log(range.high / range.low);
}

/// To three digits: what is written down is what was tried.
double rounded(double value) {
  if (value == 0) return 0;
  const double unit = std::pow(10.0, std::floor(std::log10(std::abs(value))) - 2);
  return std::stod(fmt::format("{:.6g}", std::round(value / unit) * unit));
}

double number(const std::string& text, const std::string& whole) {
  double value = 0;
  const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc() || rest != text.data() + text.size() || !std::isfinite(value)) {
    throw UsageError("--range " + whole + ": '" + text + "' is not a number", "write METHOD.NAME=LOW:HIGH");
  }
  return value;
}

std::vector<std::string> names_of(const std::vector<const Method*>& methods, const std::string& method) {
  std::set<std::string> names;
  for (const Method* m : methods) {
    if (!method.empty() && m->name != method) continue;
    for (const SearchRange& range : m->info.search) names.insert(range.name);
  }
  return {names.begin(), names.end()};
}

void require_possible(const RangeChoice& choice, const Method& method, const SearchRange& range,
                      const std::string& text) {
  const HyperSpec& spec = *find_hyper(method, choice.name);
  if (choice.low < spec.lowest || choice.high > spec.highest) {
    throw UsageError(
        fmt::format("--range {}: {}.{} may be from {} to {}", text, method.name, spec.name, spec.lowest, spec.highest));
  }
  if (is_log(range) && choice.low <= 0) {
    throw UsageError(fmt::format("--range {}: {} is searched by its logarithm", text, spec.name), "begin above 0");
  }
}

RangeChoice parse_range(const std::string& text, const std::vector<const Method*>& methods) {
  const std::size_t equals = text.find('='), colon = text.find(':', equals == std::string::npos ? 0 : equals);
  if (equals == std::string::npos || colon == std::string::npos) {
    throw UsageError("--range " + text + " has no LOW:HIGH", "write METHOD.NAME=LOW:HIGH");
  }
  RangeChoice choice;
  std::tie(choice.method, choice.name) = split_hyper_name(text.substr(0, equals));
  choice.low = number(text.substr(equals + 1, colon - equals - 1), text);
  choice.high = number(text.substr(colon + 1), text);
  if (choice.low >= choice.high) throw UsageError("--range " + text + ": LOW is not below HIGH");
  bool found = false;
  for (const Method* method : methods) {
    if (!choice.method.empty() && method->name != choice.method) continue;
    for (const SearchRange& range : method->info.search) {
      if (range.name != choice.name) continue;
      require_possible(choice, *method, range, text);
      found = true;
    }
  }
  if (!found) {
    throw UsageError("--range " + text + ": no method that is tuned searches '" + choice.name + "'",
                     suggestion(choice.name, names_of(methods, choice.method)));
  }
  return choice;
}

bool is_for(const std::string& chosen, const Method& method) { return chosen.empty() || chosen == method.name; }

}  // namespace

std::vector<RangeChoice> parse_ranges(const std::vector<std::string>& texts,
                                      const std::vector<const Method*>& methods) {
  std::vector<RangeChoice> ranges;
  for (const std::string& text : texts) {
    for (const std::string& part : split_text(text, ',')) ranges.push_back(parse_range(part, methods));
  }
  return ranges;
}

std::vector<SearchRange> search_ranges(const Method& method, const std::vector<RangeChoice>& chosen,
                                       const std::vector<Setting>& fixed) {
  std::vector<SearchRange> ranges;
  for (SearchRange range : method.info.search) {
    const bool set = std::any_of(fixed.begin(), fixed.end(), [&](const Setting& setting) {
      return setting.name == range.name && is_for(setting.method, method);
    });
    if (set) continue;
    for (const RangeChoice& choice : chosen) {
      if (choice.name != range.name || !is_for(choice.method, method)) continue;
      range.low = choice.low;
      range.high = choice.high;
    }
    ranges.push_back(range);
  }
  return ranges;
}

Hyper trial_hyper(const Method& method, Task task, const std::vector<Setting>& fixed, const DataShape& shape,
                  const std::vector<SearchRange>& ranges, std::uint64_t seed, int trial) {
  Hyper hyper = study_hyper(method, task, fixed, shape);
  const Random random(seed, Stream::search);
  for (std::size_t r = 0; r < ranges.size(); ++r) {
    const SearchRange& range = ranges[r];
    const bool whole = find_hyper(method, range.name)->whole;
    if (range.name == "epochs" && !method.info.traits.schedules) {  // the best number is read off the training
      hyper.set(range.name, range.high);
    } else if (trial > 0) {
      const double value =
          value_at(range, random.uniform(static_cast<std::uint64_t>(trial), static_cast<std::uint32_t>(r)));
      hyper.set(range.name, whole ? std::round(value) : rounded(value));
    }
  }
  return hyper;
}

Hyper step_hyper(const Method& method, const Hyper& from, const std::vector<SearchRange>& ranges, std::uint64_t seed,
                 int trial, double width) {
  Hyper hyper = from;
  const Random random(seed, Stream::search);
  for (std::size_t r = 0; r < ranges.size(); ++r) {
    const SearchRange& range = ranges[r];
    if (range.name == "epochs" && !method.info.traits.schedules) {
      hyper.set(range.name, range.high);
      continue;
    }
    const double step = width * random.normal(static_cast<std::uint64_t>(trial), static_cast<std::uint32_t>(r));
    const double value = value_at(range, std::clamp(place_of(range, from[range.name]) + step, 0.0, 1.0));
    hyper.set(range.name, find_hyper(method, range.name)->whole ? std::round(value) : rounded(value));
  }
  return hyper;
}

int steps_of(int trials) { return trials / 3; }

std::vector<Rung> rungs(int trials, bool epochs_can_be_shared) {
  if (!epochs_can_be_shared || trials < 3) return {{trials, 1}};
  const int third = (trials + 2) / 3;
  if (trials < 9) return {{trials, 1.0 / 3}, {third, 1}};
  return {{trials, 1.0 / 9}, {third, 1.0 / 3}, {(trials + 8) / 9, 1}};
}

std::vector<std::string> edges(const Method& method, const std::vector<SearchRange>& ranges, const Hyper& hyper) {
  std::vector<std::string> found;
  for (const SearchRange& range : ranges) {
    const HyperSpec& spec = *find_hyper(method, range.name);
    const double value = hyper[range.name], place = place_of(range, value);
    const bool low = place < edge_share && range.low > spec.lowest;
    const bool high = place > 1 - edge_share && range.high < spec.highest;
    if (!low && !high) continue;
    found.push_back(fmt::format("{}.{} = {:.6g} lies at the {} edge of {:.6g} to {:.6g}", method.name, range.name,
                                value, low ? "lower" : "upper", range.low, range.high));
  }
  return found;
}

void rank_trials(std::vector<TrialResult>& results, bool higher_is_better) {
  std::sort(results.begin(), results.end(), [&](const TrialResult& a, const TrialResult& b) {
    if (a.failed != b.failed) return b.failed;
    if (!a.failed && a.value != b.value) return higher_is_better ? a.value > b.value : a.value < b.value;
    return a.trial < b.trial;
  });
}

const TrialResult* winner(const std::vector<TrialResult>& ranked, double tolerance) {
  if (ranked.empty() || ranked.front().failed) return nullptr;
  const TrialResult& best = ranked.front();
  const auto inside = std::find_if(ranked.begin(), ranked.end(), [&](const TrialResult& result) {
    return !result.failed && result.edges.empty() &&
           std::abs(result.value - best.value) <= tolerance * std::abs(best.value);
  });
  return inside == ranked.end() ? &best : &*inside;
}

}  // namespace embrace
