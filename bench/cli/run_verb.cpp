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

std::string joined(const std::vector<std::string>& parts) {
  std::string text;
  for (const std::string& part : parts) text += (text.empty() ? "" : ",") + part;
  return text;
}

std::vector<Information> parse_all_information(const std::vector<std::string>& texts) {
  std::vector<Information> list;
  for (const std::string& text : split_text(texts.empty() ? "ratings" : joined(texts), ',')) {
    Information information = parse_information(text);
    const bool known =
        std::any_of(list.begin(), list.end(), [&](const Information& i) { return i.text == information.text; });
    if (!known) list.push_back(std::move(information));
  }
  return list;
}

StudyOptions study_options(const RunArguments& arguments) {
  StudyOptions options;
  options.data = {.data = arguments.data.data,
                  .split = parse_split(arguments.split),
                  .split_seed = arguments.split_seed,
                  .positive = arguments.positive};
  options.folds = whole_numbers(arguments.folds, "--folds", 0);
  options.methods = select_methods(joined(arguments.methods));
  options.information = parse_all_information(arguments.information);
  options.devices = parse_devices(arguments.device);
  options.seeds = arguments.seeds;
  options.task = parse_task(arguments.task, options.data.split);
  if (arguments.positive && options.task == Task::rating) {
    throw UsageError("--positive is for rankings", "add --task ranking");
  }
  if (!arguments.at.empty()) {
    options.at = whole_numbers(arguments.at, "--at", 1);
    if (options.task == Task::rating) throw UsageError("--at is for rankings", "add --task ranking");
  }
  options.settings = parse_settings(arguments.settings, options.methods);
  require_possible_settings(options.methods, options.task, options.settings);
  options.timeout_seconds = arguments.timeout;
  options.keep_answers = arguments.keep_answers;
  options.force = arguments.force;
  options.output = arguments.output;
  options.data.load = load_options(arguments.data, options.output);
  options.command = arguments.command;
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
                  pairs == 1 ? "" : fmt::format(" (and {} more pairs, each with a record)", pairs - 1)));
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
