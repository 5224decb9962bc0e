// embrace study: the two questions, answered for one data set by one command.
#include <fmt/format.h>

#include "bench/answer/page.hpp"
#include "bench/cli/shared_options.hpp"
#include "bench/cli/study_summary.hpp"
#include "bench/interrupt.hpp"
#include "bench/machine.hpp"
#include "bench/output_folder.hpp"
#include "bench/peers/environment.hpp"
#include "bench/read_data.hpp"
#include "bench/say.hpp"
#include "host/error.hpp"
#include "host/math/product.hpp"

namespace embrace::cli {
namespace {

/// So many ratings are trained on in minutes.
constexpr std::int64_t quick_ratings = 80000;

/// Where other libraries would be; nowhere without a home.
std::filesystem::path environments() {
  try {
    return peers::default_environments();
  } catch (const UsageError&) {
    return {};
  }
}

answer::PlanChoice plan_choice(const StudyArguments& arguments) {
  const std::vector<DeviceInfo> devices = parse_devices(arguments.device);
  if (devices.size() != 1) throw UsageError("study takes one device", "run it once for each");
  LoadOptions load = load_options(arguments.data, arguments.output);
  if (arguments.quick) load.most_ratings = quick_ratings;
  return {.data = {.data = arguments.data.data, .load = load},
          .device = devices.front(),
          .quick = arguments.quick,
          .output = arguments.output,
          .environments = environments(),
          .command = arguments.command};
}

/// Adds what came of a part to the whole.
void add(const StudySummary& part, StudySummary& whole) {
  for (const auto& [status, runs] : part.runs) whole.runs[status] += runs;
  whole.resumed += part.resumed;
  if (whole.unsupported.empty()) whole.unsupported = part.unsupported;
  whole.rejected = std::max(whole.rejected, part.rejected);
  whole.busy_load = std::max(whole.busy_load, part.busy_load);
  whole.interrupted = part.interrupted;
}

StudySummary run_tables(const std::vector<answer::StudyTable>& tables, Threads& threads, Progress& progress) {
  StudySummary whole;
  for (const answer::StudyTable& table : tables) {
    progress.note("== " + table.name);
    for (const StudyOptions& run : table.runs) {
      if (!whole.interrupted) add(run_study(run, threads, progress), whole);
    }
    if (table.peers && !whole.interrupted) add(peers::run_peer_rows(*table.peers, threads, progress), whole);
    if (table.judged && !whole.interrupted) add(judge::run_judge(*table.judged, threads, progress), whole);
  }
  return whole;
}

}  // namespace

int study(const StudyArguments& arguments) {
  const answer::PlanChoice choice = plan_choice(arguments);
  if (choice.device.kind == DeviceKind::cpu) limit_memory_to_available();
  use_one_blas_thread();
  require_output_folder(choice.output);
  const auto pool = start_threads(arguments.data.threads);
  Threads& threads = *pool;
  Progress progress(arguments.quiet);
  const Dataset dataset = load_data(choice.data.data, choice.data.load, threads).dataset;
  const answer::Study study{
      .data = dataset.name, .tables = answer::plan_study(choice, dataset), .command = arguments.command};
  const StudySummary summary = run_tables(study.tables, threads, progress);
  for (const std::string& sentence : answer::write_answer(study, choice.output / "records", choice.output))
    fmt::print("{}\n", sentence);
  print_summary(summary, choice.output, choice.data.load.rejects);
  say("The answer with its tables: " + (choice.output / "study.md").string() + " (and .html, .json)");
  if (summary.interrupted) return 128 + interrupt_signal();
  return static_cast<int>(summary.exit_code());
}

}  // namespace embrace::cli
