// embrace judge: from the command line to the judges' records.
#include <fmt/format.h>

#include <algorithm>

#include "bench/cli/shared_options.hpp"
#include "bench/cli/study_summary.hpp"
#include "bench/interrupt.hpp"
#include "bench/judge/judge_study.hpp"
#include "bench/machine.hpp"
#include "bench/report/report.hpp"
#include "host/data/split/split_name.hpp"
#include "host/error.hpp"
#include "host/math/product.hpp"
#include "host/text.hpp"

namespace embrace::cli {
namespace {

std::vector<const judge::JudgeInfo*> parse_judges(const std::string& text) {
  std::vector<const judge::JudgeInfo*> list;
  for (const std::string& name : split_text(text, ',')) {
    const judge::JudgeInfo* judge = &judge::find_judge(name);
    if (std::find(list.begin(), list.end(), judge) == list.end()) list.push_back(judge);
  }
  return list;
}

/// What --set may be about.
std::vector<const Method*> methods_of(const std::vector<judge::SourceSpec>& sources) {
  std::vector<const Method*> list;
  for (const judge::SourceSpec& source : sources) {
    const judge::SourceSpec& inner = source.of ? *source.of : source;
    if (inner.method == nullptr || std::find(list.begin(), list.end(), inner.method) != list.end()) continue;
    list.push_back(inner.method);
  }
  return list;
}

judge::Mode parse_mode(const std::string& text) {
  if (const auto mode = from_text<judge::Mode>(text)) return *mode;
  throw UsageError("there is no mode '" + text + "'", suggestion(text, all_texts<judge::Mode>()));
}

judge::JudgeOptions judge_options(const JudgeArguments& arguments) {
  const std::vector<DeviceInfo> devices = parse_devices(arguments.device);
  if (devices.size() != 1) throw UsageError("judge takes one device", "the vectors do not depend on it");
  const SplitName split = parse_split(arguments.split);
  judge::JudgeOptions options{.data = {.data = arguments.data.data,
                                       .load = load_options(arguments.data, arguments.output),
                                       .split = split,
                                       .split_seed = arguments.split_seed,
                                       .positive = arguments.positive},
                              .folds = whole_numbers(arguments.folds, "--folds", 0),
                              .sources = judge::parse_sources(arguments.sources),
                              .judges = parse_judges(arguments.judges),
                              .mode = parse_mode(arguments.mode),
                              .widths = whole_numbers(arguments.widths, "--widths", 1),
                              .task = parse_task(arguments.task, split),
                              .draws = arguments.draws,
                              .seeds = arguments.seeds,
                              .device = devices.front(),
                              .force = arguments.force,
                              .output = arguments.output,
                              .command = arguments.command};
  for (const judge::JudgeInfo* judge : options.judges) {
    const bool zero = std::any_of(options.sources.begin(), options.sources.end(),
                                  [](const auto& s) { return s.kind == judge::SourceSpec::Kind::zero; });
    if (judge->vectors == judge::VectorMode::end_to_end && !zero) {
      throw UsageError("judge '" + judge->name + "' is given no source", "add zero to --sources: its row stands there");
    }
  }
  if (arguments.positive && options.task == Task::rating) {
    throw UsageError("--positive is for rankings", "add --task ranking");
  }
  if (!arguments.at.empty()) {
    options.at = whole_numbers(arguments.at, "--at", 1);
    if (options.task == Task::rating) throw UsageError("--at is for rankings", "add --task ranking");
  }
  options.probes = options.task == Task::rating;
  options.settings = parse_settings(arguments.settings, methods_of(options.sources));
  return options;
}

/// Their table on stdout, of all that the folder has.
void print_probes(const judge::JudgeOptions& options) {
  const std::filesystem::path folder = options.output / "probes";
  if (!options.probes || !std::filesystem::exists(folder)) return;
  fmt::print("{}", render(make_report(read_records({folder})), Format::terminal, false, 0));
}

}  // namespace

int judge(const JudgeArguments& arguments) {
  const judge::JudgeOptions options = judge_options(arguments);
  if (options.device.kind == DeviceKind::cpu) limit_memory_to_available();
  use_one_blas_thread();
  const auto pool = start_threads(arguments.data.threads);
  Threads& threads = *pool;
  Progress progress(arguments.quiet);
  const StudySummary summary = judge::run_judge(options, threads, progress);
  print_summary(summary, options.output, options.data.load.rejects);
  print_probes(options);
  if (summary.interrupted) return 128 + interrupt_signal();
  return static_cast<int>(summary.exit_code());
}

}  // namespace embrace::cli
