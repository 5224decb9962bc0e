#include "bench/peers/peer_rows.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "bench/identity.hpp"
#include "bench/interrupt.hpp"
#include "bench/output_folder.hpp"
#include "bench/peers/environment.hpp"
#include "bench/peers/peer_training.hpp"
#include "bench/run.hpp"
#include "bench/settled_record.hpp"
#include "host/files.hpp"
#include "host/methods/registry.hpp"
#include "host/unfinished.hpp"

namespace embrace::peers {
namespace {

constexpr double most_seconds = 3600;  // of a training: some wait for ever

/// Whose peers are rows: one contest of each model, at the settings that it has there.
constexpr const char* with_rows[] = {"myfm-bayes",        "lenskit-als",  "surprise-svd",
                                     "implicit-cholesky", "implicit-bpr", "lightfm-ids"};

class PeerRows {
 public:
  PeerRows(const PeerRowsOptions& options, Threads& threads, Progress& progress)
      : options_(options), threads_(threads), progress_(progress), device_(cpu_device()) {
    for (const char* name : with_rows) {
      const Contest* contest = find_contest(name);
      if (contest->task != options.task) continue;
      const std::string reason = why_not_installed(*find_peer(contest->peer), options.environments);
      if (reason.empty()) {
        contests_.push_back(contest);
      } else {
        progress.note(fmt::format("note: no row of {}: {}", contest->theirs.method, reason));
      }
    }
  }

  StudySummary run() {
    if (contests_.empty()) return summary_;
    require_output_folder(options_.output);
    try {
      std::vector<Fold> folds = load();
      progress_.begin(static_cast<int>(folds.size() * contests_.size()) * options_.seeds, 0);
      for (Fold& fold : folds) run_fold(std::move(fold));
    } catch (const Interrupted&) {
      summary_.interrupted = true;
    }
    return summary_;
  }

 private:
  std::vector<Fold> load() {
    const Threads::Checked stoppable(threads_, stop_if_interrupted);
    DividedData divided = load_and_divide(options_.data, threads_);
    for (const std::string& note : divided.notes) progress_.note("note: " + note);
    refuse_without_ratings(divided.dataset.ratings, options_.task);
    experiment_.dataset = std::move(divided.dataset);
    return choose_folds(std::move(divided.folds), options_.folds, options_.data.split);
  }

  void run_fold(Fold fold) {
    const WorkFolder folder(options_.output);
    experiment_.fold = std::move(fold);
    {
      const Threads::Checked stoppable(threads_, stop_if_interrupted);
      experiment_.data = make_fold_data(experiment_.dataset, experiment_.fold, threads_);
    }
    write_job_data(folder.path() / "data", experiment_.data, {}, options_.task);
    for (const Contest* contest : contests_) {
      for (int seed = 1; seed <= options_.seeds; ++seed) {
        run_one(*contest, static_cast<std::uint64_t>(seed), folder.path());
      }
    }
  }

  Record describe(const Contest& contest, std::uint64_t seed) const {
    const Side& side = contest.theirs;
    Record record = describe_data(experiment_, options_.data, options_.task);
    record.method = side.method;
    record.family = "peer";
    record.information = "ratings";
    record.seed = seed;
    record.hyper.assign(side.settings.begin(), side.settings.end());
    std::sort(record.hyper.begin(), record.hyper.end());
    if (options_.task == Task::ranking) {
      record.positive = options_.data.positive;
      record.at = options_.at;
    }
    record.device = {device_.kind, device_.name, threads_.count()};
    record.id = record_id(record, device_, find_peer(contest.peer)->package);
    return record;
  }

  void run_one(const Contest& contest, std::uint64_t seed, const std::filesystem::path& folder) {
    stop_if_interrupted();
    Record record = describe(contest, seed);
    const std::filesystem::path file = options_.output / (record.id + ".json");
    if (const auto there = settled_record(file, record.id, progress_)) {
      ++summary_.runs[there->status];
      ++summary_.resumed;
      return progress_.skip();
    }
    progress_.entry(fmt::format("{} fold {} seed {}", record.method, experiment_.fold.number, seed));
    record.provenance = provenance(device_, options_.command);
    summary_.busy_load = std::max(summary_.busy_load, busy_load(record));
    record_outcome(record, [&] { train_and_measure(contest, folder, record); });
    write_atomically(file, to_json(record));
    ++summary_.runs[record.status];
    progress_.finish(record.status == Status::ok ? fmt::format("{:.2f} s", record.cost->train_seconds)
                                                 : to_text(record.status) + ": " + record.reason);
  }

  void train_and_measure(const Contest& contest, const std::filesystem::path& folder, Record& record) {
    const Peer& peer = *find_peer(contest.peer);
    Job job = job_of(contest.theirs, experiment_, options_.task, threads_.count(), record.seed, most_seconds);
    job.checkpoints = {job.epochs};
    const JobResult result =
        run_job({python_of(peer, options_.environments).string(), write_adapter(peer, folder).string()}, job, folder);
    add_training(result, job, record);
    const Hyper none;
    const FeatureSet no_features;
    const Run run{.method = *find_method(contest.ours.method),  // what is measured is the model
                  .device = device_,
                  .experiment = experiment_,
                  .features = no_features,
                  .hyper = none,
                  .task = options_.task,
                  .at = options_.at};
    measure(run, *load_model(job, result.checkpoints.back(), folder, threads_), threads_, record);
  }

  const PeerRowsOptions& options_;
  Threads& threads_;
  Progress& progress_;
  DeviceInfo device_;
  std::vector<const Contest*> contests_;
  Experiment experiment_;  // on the fold that runs
  StudySummary summary_;
};

}  // namespace

StudySummary run_peer_rows(const PeerRowsOptions& options, Threads& threads, Progress& progress) {
  return PeerRows(options, threads, progress).run();
}

}  // namespace embrace::peers
