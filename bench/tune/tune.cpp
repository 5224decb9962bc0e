#include "bench/tune/tune.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "bench/early_stop.hpp"
#include "bench/fold_features.hpp"
#include "bench/identity.hpp"
#include "bench/interrupt.hpp"
#include "bench/output_folder.hpp"
#include "bench/run.hpp"
#include "bench/settled_record.hpp"
#include "host/data/split/validation.hpp"
#include "host/error.hpp"
#include "host/files.hpp"
#include "host/methods/registry.hpp"
#include "host/metrics/metric.hpp"

namespace embrace {
namespace {

/// The fewest epochs that are as good: what a last digit gains is not worth an epoch.
constexpr Patience patience{.epochs = 5, .least = 1e-4};
/// Seed of trials: what is compared are settings, not luck.
constexpr std::uint64_t trial_seed = 1;
/// Relative; a winner at the edge of a range gives way to one inside that is no worse than this.
constexpr double tolerance = 0.001;
/// Of a step around the best: standard deviation, as a share of the range.
constexpr double first_width = 0.1;

/// Trains a trial and measures it, after its best epoch where that can be had again and the last is not the best
/// anyway: an average gains by every sample.
void execute_trial(const Run& run, const std::string& metric, Threads& threads, Record& record) {
  const Traits& traits = run.method.info.traits;
  if (traits.schedules || traits.closed_form || traits.averages) {
    const Trained trained = train(run, threads, record);
    measure(run, *trained.trainer, threads, record);
    record.trial->epochs = record.cost->epochs;
    return;
  }
  const BestEpochs best = best_epochs(run, metric, patience, threads, record);
  add_accuracy(best.evaluation.metrics, threads, record);
  record.users_without_targets = best.evaluation.users_without_targets;
  record.cost->score_seconds = best.evaluation.score_seconds;
  record.trial->epochs = best.epochs;
  Record::Curve curve{metric, {}, {}, best.values};
  for (const double seconds : record.cost->epoch_seconds) {
    curve.epochs.push_back(static_cast<int>(curve.epochs.size()) + 1);
    curve.seconds.push_back(seconds + (curve.seconds.empty() ? 0.0 : curve.seconds.back()));
  }
  record.curve = std::move(curve);
}

class Tuner {
 public:
  Tuner(const TuneOptions& options, Threads& threads, Progress& progress)
      : options_(options),
        threads_(threads),
        progress_(progress),
        metric_(options.task == Task::rating ? "rmse" : fmt::format("ndcg@{}", options.at.front())),
        validation_(options.data) {}

  TuneSummary run() {
    require_output_folder(options_.output);
    DividedData divided = load();
    for (const std::string& note : divided.notes) progress_.note("note: " + note);
    validation_.split = validation_split(options_.data.split);
    validation_.split.text = options_.data.split.text + divided_again + validation_.split.text;
    summary_.settings = {.data = divided.dataset.name,
                         .data_sha256 = divided.dataset.sha256,
                         .split = options_.data.split.text,
                         .split_seed = options_.data.split_seed,
                         .validation = validation_split(options_.data.split).text,
                         .task = options_.task,
                         .metric = metric_,
                         .trials = options_.trials,
                         .seed = options_.seed,
                         .settings = {}};
    const std::vector<Fold> folds = choose_folds(std::move(divided.folds), options_.folds, options_.data.split);
    progress_.begin(static_cast<int>(folds.size()) * trials_a_fold(), 0);
    try {
      for (const Fold& fold : folds) tune_fold(divided.dataset, fold);
    } catch (const Interrupted&) {
      summary_.interrupted = true;
    }
    return std::move(summary_);
  }

 private:
  bool iterative(const Method& method) const { return !method.info.traits.closed_form && !method.info.search.empty(); }

  DividedData load() const {
    const Threads::Checked stoppable(threads_, stop_if_interrupted);
    DividedData divided = load_and_divide(options_.data, threads_);
    refuse_without_ratings(divided.dataset.ratings, options_.task);
    return divided;
  }

  /// Of random trials, and of those that step around the best.
  struct Budget {
    std::vector<Rung> rungs;
    int steps = 0;
  };
  Budget budget_of(const Method& method, const std::vector<SearchRange>& ranges) const {
    if (ranges.empty()) return {{{1, 1}}, 0};
    const int steps = steps_of(options_.trials);
    return {rungs(options_.trials - steps, iterative(method)), steps};
  }

  int trials_a_fold() const {
    int trials = 0;
    for (const Method* method : options_.methods) {
      const Budget budget = budget_of(*method, search_ranges(*method, options_.ranges, options_.sweep.front()));
      trials += budget.steps;
      for (const Rung& rung : budget.rungs) trials += rung.trials;
    }
    return trials * static_cast<int>(options_.information.size());
  }

  void tune_fold(const Dataset& dataset, const Fold& fold) {
    Division part =
        validation_part(dataset, fold, validation_split(options_.data.split), options_.data.split_seed, threads_);
    experiment_ = {std::move(part.dataset), std::move(part.folds[0]), {}};
    experiment_.data = make_fold_data(experiment_.dataset, experiment_.fold, threads_);
    for (const Information& information : options_.information) {
      FoldFeatures features(experiment_, information, options_.task, threads_);
      for (const Method* method : options_.methods) tune_method(features, *method);
    }
  }

  void tune_method(FoldFeatures& features, const Method& method) {
    const std::vector<SearchRange> ranges = search_ranges(method, options_.ranges, options_.sweep.front());
    TunedMethod tuned;
    tuned.setting.method = method.name;
    tuned.setting.information = features.information().text;
    tuned.setting.fold = experiment_.fold.number;
    Search search{features, method, ranges, tuned.seconds};
    try {
      const Budget budget = budget_of(method, ranges);
      std::vector<TrialResult> results = halve(search, budget.rungs);
      step_around_best(search, budget.steps, results);
      choose(method, results, tuned);
    } catch (const Unsupported& error) {
      tuned.unsupported = true;
      tuned.problem = error.what();
    }
    summary_.methods.push_back(std::move(tuned));
  }

  /// One method's search, and the seconds that its training has taken.
  struct Search {
    FoldFeatures& features;
    const Method& method;
    const std::vector<SearchRange>& ranges;
    double& seconds;
  };

  /// Results of the last rung, best first.
  std::vector<TrialResult> halve(const Search& search, const std::vector<Rung>& all) {
    std::vector<int> alive;
    for (int trial = 0; trial < all.front().trials; ++trial) alive.push_back(trial);
    std::vector<TrialResult> results;
    for (std::size_t rung = 0; rung < all.size(); ++rung) {
      alive.resize(std::min(alive.size(), static_cast<std::size_t>(all[rung].trials)));
      results.clear();
      for (const int trial : alive) {
        const Hyper hyper = trial_hyper(search.method, options_.task, options_.sweep.front(), shape_of(experiment_),
                                        search.ranges, options_.seed, trial);
        results.push_back(try_out(search, hyper, {trial, static_cast<int>(rung), 0}, all[rung].share));
      }
      rank_trials(results, higher_is_better());
      alive = survivors(results);
    }
    return results;
  }

  /// Each trial steps from the best so far, half as far when the last half of the steps begins.
  void step_around_best(const Search& search, int steps, std::vector<TrialResult>& results) {
    for (int step = 0; step < steps && !results.front().failed; ++step) {
      const int trial = options_.trials - steps + step;
      const Hyper hyper = step_hyper(search.method, results.front().hyper, search.ranges, options_.seed, trial,
                                     step < steps / 2 ? first_width : first_width / 2);
      results.push_back(try_out(search, hyper, {trial, 0, 0}, 1));
      rank_trials(results, higher_is_better());
    }
  }

  bool higher_is_better() const { return find_metric(metric_)->higher_is_better; }

  /// Trials in their rank; the default comes first and so reaches the last step, to be compared with.
  static std::vector<int> survivors(const std::vector<TrialResult>& ranked) {
    std::vector<int> trials{0};
    for (const TrialResult& result : ranked) {
      if (result.trial != 0) trials.push_back(result.trial);
    }
    return trials;
  }

  /// Throws Unsupported for a pair that cannot be.
  TrialResult try_out(const Search& search, const Hyper& hyper, const Record::Trial& trial, double share) {
    Hyper shared = hyper;
    if (shared.has("epochs")) shared.set("epochs", std::max(1.0, std::ceil(share * hyper["epochs"])));
    const Record record = run_trial(search.features, search.method, shared, trial);
    if (record.status == Status::unsupported) throw Unsupported(record.reason);
    if (record.cost) search.seconds += record.cost->train_seconds;
    TrialResult result{.trial = trial.number,
                       .hyper = hyper,
                       .failed = record.status != Status::ok,
                       .record = record.id,
                       .reason = record.reason};
    if (result.failed) return result;
    result.value = record.accuracy.at(metric_).value;
    if (hyper.has("epochs") && !search.method.info.traits.schedules) result.hyper.set("epochs", record.trial->epochs);
    if (trial.number != 0) result.edges = edges(search.method, search.ranges, result.hyper);
    return result;
  }

  Record run_trial(FoldFeatures& features, const Method& method, const Hyper& hyper, const Record::Trial& trial) {
    stop_if_interrupted();
    const std::string& information = features.information().text;
    Record record = describe_run(experiment_, validation_, options_.task,
                                 {.method = method,
                                  .information = information,
                                  .hyper = hyper,
                                  .seed = trial_seed,
                                  .at = options_.at,
                                  .device = options_.device,
                                  .threads = threads_.count()});
    record.cold_candidates = options_.cold_candidates;
    record.trial = trial;
    record.id = record_id(record, options_.device, fmt::format("trial {} {}\n", trial.number, trial.rung));
    const std::filesystem::path file = options_.output / (record.id + ".json");
    if (!options_.force) {
      if (const auto done = settled_record(file, record.id, progress_)) {
        progress_.skip();
        return *done;
      }
    }
    progress_.entry(
        fmt::format("{} {} fold {} trial {}", method.name, information, experiment_.fold.number, trial.number));
    record.provenance = provenance(options_.device, options_.command);
    const BuiltFeatures& built = features.of(method, trial_seed);
    if (built.unsupported.empty()) {
      const Run run{.method = method,
                    .device = options_.device,
                    .experiment = experiment_,
                    .features = built.set,
                    .feature_seconds = built.seconds,
                    .hyper = hyper,
                    .task = options_.task,
                    .at = options_.at,
                    .seed = trial_seed,
                    .timeout_seconds = options_.timeout_seconds,
                    .cold_candidates = options_.cold_candidates};
      record_outcome(record, [&] { execute_trial(run, metric_, threads_, record); });
    } else {
      record.status = Status::unsupported;
      record.reason = built.unsupported;
    }
    write_atomically(file, to_json(record));
    progress_.finish(record.status == Status::ok ? fmt::format("{} {:.4f}", metric_, record.accuracy.at(metric_).value)
                                                 : to_text(record.status) + ": " + record.reason);
    return record;
  }

  void choose(const Method& method, const std::vector<TrialResult>& results, TunedMethod& tuned) {
    const TrialResult* best = winner(results, tolerance);
    if (best == nullptr) {
      tuned.problem = "no trial succeeded: " + results.front().reason;
      return;
    }
    const auto first = std::find_if(results.begin(), results.end(), [](const TrialResult& r) { return r.trial == 0; });
    tuned.setting.hyper = named_values(method, best->hyper);
    tuned.setting.value = best->value;
    tuned.setting.default_value = first == results.end() || first->failed ? best->value : first->value;
    tuned.setting.record = best->record;
    tuned.edges = best->edges;
    if (tuned.edges.empty()) summary_.settings.settings.push_back(tuned.setting);
  }

  const TuneOptions& options_;
  Threads& threads_;
  Progress& progress_;
  std::string metric_;
  DataChoice validation_;  // as records of trials name it
  Experiment experiment_;  // on the validation part at hand
  TuneSummary summary_;
};

}  // namespace

TuneSummary run_tune(const TuneOptions& options, Threads& threads, Progress& progress) {
  return Tuner(options, threads, progress).run();
}

}  // namespace embrace
