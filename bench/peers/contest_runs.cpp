#include "bench/peers/contest_runs.hpp"

#include <fmt/format.h>

#include <stdexcept>

#include "bench/interrupt.hpp"
#include "bench/output_folder.hpp"
#include "bench/peers/contestants.hpp"
#include "bench/peers/environment.hpp"
#include "bench/peers/peer_training.hpp"
#include "host/error.hpp"
#include "host/files.hpp"
#include "host/unfinished.hpp"

namespace embrace::peers {
namespace {

namespace fs = std::filesystem;

std::string outcome(const Record& record) {
  if (record.status != Status::ok) return to_text(record.status) + ": " + record.reason;
  std::string text = fmt::format("{:.3f} s", record.cost->train_seconds);
  if (record.curve && !record.curve->values.empty()) {
    text += fmt::format(", {} {:.4f}", record.curve->metric, record.curve->values.back());
  }
  return text;
}

class ContestRun {
 public:
  ContestRun(const RunOptions& options, Contestants& contestants, std::string name, Task task)
      : options_(options), contestants_(contestants), name_(std::move(name)), task_(task) {}

  bool all() {
    if (task_ == Task::ranking) settle(contestants_.baseline());
    for (int repetition = 1; repetition <= options_.repetitions && ok_; ++repetition) {
      // Who begins alternates; an operation's answer is compared with ours, which must be there first.
      const bool ours_first = repetition % 2 == 1;
      for (const bool ours : {ours_first, !ours_first}) one(ours, repetition);
    }
    return ok_;
  }
  void keep(const Record& record) {
    write_atomically(options_.output / (record.id + ".json"), to_json(record));
    options_.say(fmt::format("{}, repetition {}, {}: {}", name_, record.seed, record.method, outcome(record)));
  }

 private:
  void one(bool ours, int repetition) {
    stop_if_interrupted();
    settle(ours ? contestants_.ours(repetition) : contestants_.theirs(repetition));
  }
  void settle(Record record) {
    // Repetitions of one training say the same about accuracy; the draws would be nine tenths of the record.
    for (auto& [name, accuracy] : record.accuracy) accuracy.draws.clear();
    keep(record);
    ok_ = ok_ && record.status == Status::ok;
  }

  const RunOptions& options_;
  Contestants& contestants_;
  std::string name_;
  Task task_;
  bool ok_ = true;
};

bool run_contest(const RunOptions& options, const std::string& name, const Contest& contest, const fs::path& folder,
                 Threads& threads) {
  const Peer* peer = find_peer(contest.peer);
  if (peer == nullptr) throw std::logic_error("there is no peer '" + contest.peer + "'");
  const ContestData data = [&] {
    const Threads::Checked stoppable(threads, stop_if_interrupted);
    return make_contest_data(contest, {name, options.load, options.split, options.split_seed}, folder, threads);
  }();
  const fs::path adapter = write_adapter(*peer, folder);
  Contestants contestants({data,
                           *peer,
                           {python_of(*peer, options.environments).string(), adapter.string()},
                           options.timeout_seconds,
                           options.command},
                          threads);
  ContestRun run(options, contestants, contest.name + " on " + data.experiment.dataset.name, contest.task);
  const std::string reason = why_not_installed(*peer, options.environments);
  if (!reason.empty()) {
    run.keep(contestants.absent(reason));
    return true;
  }
  return run.all();
}

}  // namespace

bool run_contests(const RunOptions& options, Threads& threads) {
  require_output_folder(options.output);
  bool ok = true;
  for (const std::string& data : options.data) {
    for (const Contest* contest : options.contests) {
      const WorkFolder folder(options.output);
      const Contest wanted = options.factors ? with_factors(*contest, *options.factors) : *contest;
      try {
        ok = run_contest(options, data, wanted, folder.path(), threads) && ok;
      } catch (const Unsupported& error) {
        options.say(fmt::format("{} on {}: {}", wanted.name, data, error.what()));
      }
    }
  }
  return ok;
}

}  // namespace embrace::peers
