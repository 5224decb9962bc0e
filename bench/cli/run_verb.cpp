// embrace run: from the command line to a study.
#include <fmt/format.h>

#include <algorithm>

#include "bench/cli/shared_options.hpp"
#include "bench/interrupt.hpp"
#include "bench/machine.hpp"
#include "bench/say.hpp"
#include "bench/selection.hpp"
#include "bench/study.hpp"
#include "host/data/split/split_name.hpp"
#include "host/math/product.hpp"
#include "host/metadata/information.hpp"
#include "host/text.hpp"

namespace embrace::cli {
namespace {

StudyOptions study_options(const RunArguments& arguments) {
  StudyOptions options{training_choice(arguments), parse_devices(arguments.device), arguments.seeds, {}};
  options.keep_answers = arguments.keep_answers;
  options.keep_embeddings = arguments.keep_embeddings;
  if (arguments.settings_file.empty()) return options;
  if (!arguments.settings.empty()) {
    throw UsageError("--settings and --set exclude each other", "tune with --set, then run with --settings alone");
  }
  options.tuned = read_tuned_settings(arguments.settings_file);
  if (options.tuned->task != options.task) {
    throw UsageError(fmt::format("{} was tuned for the task {}", arguments.settings_file, to_text(options.tuned->task)),
                     "tune for this one");
  }
  return options;
}

/// "out of memory" rather than "out-of-memory".
std::string words(Status status) {
  std::string text = to_text(status);
  std::replace(text.begin(), text.end(), '-', ' ');
  return text;
}

/// One line on what could not be run, however many pairs there are.
void print_unsupported(const StudySummary& summary) {
  const int pairs = summary.number(Status::unsupported);
  if (pairs == 0) return;
  const bool nothing_else = summary.runs.size() == 1;
  say(fmt::format("{}: {}{}", nothing_else ? "Nothing could be run" : "Unsupported", summary.unsupported,
                  pairs == 1 ? "" : fmt::format(" (and {} more, each with a record)", pairs - 1)));
}

void print_summary(const StudySummary& summary, const StudyOptions& options) {
  const std::string output = options.output.string();
  std::string text = fmt::format("{} ok", summary.number(Status::ok));
  for (const Status status :
       {Status::unsupported, Status::diverged, Status::failed, Status::out_of_memory, Status::timeout}) {
    if (const int number = summary.number(status); number > 0) text += fmt::format(", {} {}", number, words(status));
  }
  if (summary.resumed > 0) text += fmt::format(", {} of these resumed", summary.resumed);
  say(text, "; records in " + output);
  print_unsupported(summary);
  if (summary.rejected > 0) {
    say(fmt::format("Bad rows of the data left out: {}; they are listed in {}", summary.rejected,
                    options.data.load.rejects.string()));
  }
  if (summary.busy_load > 0) {
    say(fmt::format("The machine had other work (load up to {:.1f}): times of these runs are not to be compared.",
                    summary.busy_load));
  }
  if (summary.number(Status::ok) > 0) say("The table: embrace report ", shell_quoted(output));
}

}  // namespace

int run(const RunArguments& arguments) {
  const StudyOptions options = study_options(arguments);
  const bool cpu_only = std::all_of(options.devices.begin(), options.devices.end(),
                                    [](const DeviceInfo& device) { return device.kind == DeviceKind::cpu; });
  if (cpu_only) limit_memory_to_available();  // CUDA reserves more address space than there is memory
  use_one_blas_thread();
  const auto pool = start_threads(arguments.data.threads);
  Threads& threads = *pool;
  Progress progress(arguments.quiet);
  const StudySummary summary = run_study(options, threads, progress);
  print_summary(summary, options);
  if (summary.interrupted) return 128 + interrupt_signal();
  return static_cast<int>(summary.exit_code());
}

}  // namespace embrace::cli
