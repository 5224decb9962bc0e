// embrace tune: from the command line to settings.json.
#include <fmt/format.h>

#include "bench/cli/listing.hpp"
#include "bench/cli/shared_options.hpp"
#include "bench/interrupt.hpp"
#include "bench/machine.hpp"
#include "bench/say.hpp"
#include "bench/tune/tune.hpp"
#include "host/error.hpp"
#include "host/files.hpp"
#include "host/math/product.hpp"

namespace embrace::cli {
namespace {

TuneOptions tune_options(const TuneArguments& arguments) {
  const std::vector<DeviceInfo> devices = parse_devices(arguments.device);
  if (devices.size() != 1) throw UsageError("tune takes one device", "settings do not depend on it");
  TuneOptions options{training_choice(arguments), devices.front(), {}, arguments.trials, arguments.seed};
  if (options.sweep.size() > 1) throw UsageError("tune takes one value of a setting", "search it with --range");
  options.ranges = parse_ranges(arguments.ranges, options.methods);
  return options;
}

void print_table(const TuneSummary& summary) {
  std::vector<Fields> entries;
  for (const TunedMethod& method : summary.methods) {
    const bool found = method.problem.empty();
    entries.push_back({{"method", method.setting.method},
                       {"information", method.setting.information},
                       {"fold", std::to_string(method.setting.fold)},
                       {"default", found ? fmt::format("{:.4f}", method.setting.default_value) : ""},
                       {"tuned", found ? fmt::format("{:.4f}", method.setting.value) : ""},
                       {"seconds", fmt::format("{:.1f}", method.seconds)},
                       {"note", !method.problem.empty() ? method.problem
                                : method.edges.empty()  ? ""
                                                        : "at an edge"}});
  }
  print_listing(entries, {"method", "information", "fold", "default", "tuned", "seconds", "note"}, false);
}

/// An optimum at an edge is none: it is wherever the range ends. Returns whether something is wrong.
bool complain(const TuneSummary& summary) {
  bool wrong = false;
  for (const TunedMethod& method : summary.methods) {
    if (!method.problem.empty() && !method.unsupported) {
      wrong = true;
      say(fmt::format("embrace: {} with {}, fold {}: {}", method.setting.method, method.setting.information,
                      method.setting.fold, method.problem));
    }
    for (const std::string& edge : method.edges) {
      wrong = true;
      say(fmt::format("embrace: {} with {}, fold {}: {}; widen it with --range", method.setting.method,
                      method.setting.information, method.setting.fold, edge));
    }
  }
  return wrong;
}

}  // namespace

int tune(const TuneArguments& arguments) {
  const TuneOptions options = tune_options(arguments);
  if (options.device.kind == DeviceKind::cpu) limit_memory_to_available();
  use_one_blas_thread();
  const auto pool = start_threads(arguments.data.threads);
  Threads& threads = *pool;
  Progress progress(arguments.quiet);
  const TuneSummary summary = run_tune(options, threads, progress);
  if (summary.interrupted) return 128 + interrupt_signal();
  const std::filesystem::path file = options.output / "settings.json";
  write_atomically(file, to_json(summary.settings));
  print_table(summary);
  say("settings in ", file.string());
  return static_cast<int>(complain(summary) ? ExitCode::some_failed : ExitCode::ok);
}

}  // namespace embrace::cli
