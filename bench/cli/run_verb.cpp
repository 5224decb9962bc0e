// embrace run: from the command line to a study.
#include <fmt/format.h>

#include <algorithm>

#include "bench/cli/shared_options.hpp"
#include "bench/cli/study_summary.hpp"
#include "bench/interrupt.hpp"
#include "bench/machine.hpp"
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
  print_summary(summary, options.output, options.data.load.rejects);
  if (summary.interrupted) return 128 + interrupt_signal();
  return static_cast<int>(summary.exit_code());
}

}  // namespace embrace::cli
