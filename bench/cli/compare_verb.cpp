// embrace compare: two folders of records, row by row.
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "bench/cli/arguments.hpp"
#include "bench/cli/listing.hpp"
#include "bench/report/numbers.hpp"
#include "bench/report/pairs.hpp"
#include "bench/report/report.hpp"
#include "bench/say.hpp"
#include "host/error.hpp"
#include "host/metrics/metric.hpp"
#include "host/text.hpp"

namespace embrace::cli {
namespace {

/// What --fail-on looks for.
enum class FailOn { nothing, worse, slower, any };

FailOn parse_fail_on(const std::string& text) {
  if (text.empty()) return FailOn::nothing;
  if (text == "worse") return FailOn::worse;
  if (text == "slower") return FailOn::slower;
  if (text == "any") return FailOn::any;
  const std::vector<std::string> known = {"worse", "slower", "any"};
  throw UsageError("--fail-on " + text + " is not understood", suggestion(text, known));
}

void require_metric(const std::string& metric, FailOn fail_on) {
  if (metric.empty()) return;
  if (metric != time_metric && find_metric(metric) == nullptr) {
    std::vector<std::string> known = {time_metric};
    for (const MetricInfo& info : metric_infos()) known.push_back(info.name);
    throw UsageError("there is no metric '" + metric + "'", suggestion(metric, known));
  }
  const bool times = metric == time_metric;
  if ((fail_on == FailOn::worse && times) || (fail_on == FailOn::slower && !times)) {
    throw UsageError(fmt::format("--metric {} leaves nothing for --fail-on to find", metric), "leave out --metric");
  }
}

bool found(FailOn fail_on, const RowPair& pair) {
  if (pair.verdict != Verdict::worse || fail_on == FailOn::nothing) return false;
  const bool slower = pair.metric == time_metric;
  return fail_on == FailOn::any || slower == (fail_on == FailOn::slower);
}

void print_table(const FolderComparison& comparison) {
  std::vector<Fields> entries;
  bool settings = false;
  for (const RowPair& pair : comparison.pairs) {
    const bool slower = pair.metric == time_metric;
    const auto number = [&](double value) { return slower ? three_digits(value) : fixed(value, 4); };
    settings = settings || !pair.settings.empty();
    entries.push_back(
        {{"data", pair.data},
         {"split", pair.split},
         {"method", pair.method},
         {"information", pair.information},
         {"device", to_text(pair.device)},
         {"settings", pair.settings},
         {"metric", pair.metric},
         {"a", number(pair.a)},
         {"b", number(pair.b)},
         {"difference", fmt::format("{:+.4f}", pair.difference)},
         {"95 %", pair.interval ? fmt::format("{:+.4f} to {:+.4f}", pair.interval->low, pair.interval->high) : ""},
         {"p", pair.p ? fmt::format("{:.2g}", *pair.p) : ""},
         {"verdict", to_text(pair.verdict)}});
  }
  std::vector<std::string> columns = {"data", "split", "method", "information", "device"};
  if (settings) columns.emplace_back("settings");
  columns.insert(columns.end(), {"metric", "a", "b", "difference", "95 %", "p", "verdict"});
  print_listing(entries, columns, false);
}

}  // namespace

int compare(const CompareArguments& arguments) {
  const FailOn fail_on = parse_fail_on(arguments.fail_on);
  require_metric(arguments.metric, fail_on);
  const FolderComparison comparison =
      compare_folders(read_records({arguments.a}), read_records({arguments.b}), arguments.metric);
  if (comparison.pairs.empty()) {
    throw DataError("the records have no row, fold and seed in common" +
                        (arguments.metric.empty() ? "" : " with the metric " + arguments.metric),
                    "compare runs of one data set and split");
  }
  if (arguments.json) {
    fmt::print("{}", to_json(comparison));
  } else {
    print_table(comparison);
    say("Verdicts are of B beside A; p is after Holm, over all pairs.");
  }
  for (const std::string& row : comparison.unpaired) say(row);
  const auto bad = std::count_if(comparison.pairs.begin(), comparison.pairs.end(),
                                 [&](const RowPair& pair) { return found(fail_on, pair); });
  if (bad == 0) return 0;
  say(fmt::format("--fail-on {}: {} of {} pairs", arguments.fail_on, bad, comparison.pairs.size()));
  return static_cast<int>(ExitCode::some_failed);
}

}  // namespace embrace::cli
