#include "bench/study.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <set>
#include <tuple>

#include "bench/answers.hpp"
#include "bench/fold_features.hpp"
#include "bench/identity.hpp"
#include "bench/interrupt.hpp"
#include "bench/kept_embedding.hpp"
#include "bench/machine.hpp"
#include "bench/output_folder.hpp"
#include "bench/run.hpp"
#include "bench/selection.hpp"
#include "bench/settled_record.hpp"
#include "host/build_info.hpp"
#include "host/digest.hpp"
#include "host/files.hpp"
#include "host/methods/registry.hpp"

namespace embrace {
namespace {

class Study {
 public:
  Study(const StudyOptions& options, Threads& threads, Progress& progress)
      : options_(options), threads_(threads), progress_(progress) {}

  StudySummary run() {
    require_output_folder(options_.output);
    try {
      prepare_data();
      std::size_t settings = 0;
      for (const Method* method : options_.methods) settings += options_.tuned ? 1 : sweep_of(*method).size();
      progress_.begin(
          static_cast<int>(folds_.size() * options_.information.size() * settings * options_.devices.size()) *
              options_.seeds,
          0);
      for (Fold& fold : folds_) run_fold(std::move(fold));
    } catch (const Interrupted&) {
      summary_.interrupted = true;
    }
    return summary_;
  }

 private:
  void prepare_data() {
    const Threads::Checked stoppable(threads_, stop_if_interrupted);
    DividedData divided = load_and_divide(options_.data, threads_);
    for (const std::string& note : divided.notes) progress_.note("note: " + note);
    refuse_without_ratings(divided.dataset.ratings, options_.task);
    experiment_.dataset = std::move(divided.dataset);
    summary_.rejected = experiment_.dataset.report.rejected;
    if (options_.tuned) {
      origin_of_settings_ = note_of_origin(*options_.tuned, experiment_.dataset.sha256, options_.data.split.text,
                                           options_.data.split_seed);
      if (!origin_of_settings_.empty()) progress_.note("note: " + origin_of_settings_);
    }
    folds_ = choose_folds(std::move(divided.folds), options_.folds, options_.data.split);
  }

  void run_fold(Fold fold) {
    experiment_.fold = std::move(fold);
    {
      const Threads::Checked stoppable(threads_, stop_if_interrupted);
      experiment_.data = make_fold_data(experiment_.dataset, experiment_.fold, threads_);
    }
    for (const Information& information : options_.information) {
      FoldFeatures features(experiment_, information, options_.task, threads_);
      for (const Method* method : options_.methods) {
        for (const Hyper& hyper : hypers_of(*method, information)) run_seeds(features, *method, hyper);
      }
    }
  }

  void run_seeds(FoldFeatures& features, const Method& method, const Hyper& hyper) {
    for (const DeviceInfo& device : options_.devices) {
      for (int seed = 1; seed <= options_.seeds; ++seed) {
        run_one(features, method, hyper, device, static_cast<std::uint64_t>(seed));
      }
    }
  }

  /// The combinations of the sweep that are not the same for this method.
  std::vector<const std::vector<Setting>*> sweep_of(const Method& method) const {
    std::vector<const std::vector<Setting>*> own;
    std::set<std::string> seen;
    for (const std::vector<Setting>& settings : options_.sweep) {
      if (seen.insert(settings_for(method, settings)).second) own.push_back(&settings);
    }
    return own;
  }

  std::vector<Hyper> hypers_of(const Method& method, const Information& information) const {
    if (options_.tuned) {
      return {tuned_hyper(*options_.tuned, method, options_.task, information.text, experiment_.fold.number)};
    }
    std::vector<Hyper> hypers;
    for (const std::vector<Setting>* settings : sweep_of(method)) {
      hypers.push_back(study_hyper(method, options_.task, *settings, shape_of(experiment_)));
    }
    return hypers;
  }

  void run_one(FoldFeatures& features, const Method& method, const Hyper& hyper, const DeviceInfo& device,
               std::uint64_t seed) {
    stop_if_interrupted();
    const Information& information = features.information();
    Record record = describe_run(experiment_, options_.data, options_.task,
                                 {.method = method,
                                  .information = information.text,
                                  .hyper = hyper,
                                  .seed = seed,
                                  .at = options_.at,
                                  .device = device,
                                  .threads = threads_.count()});
    record.cold_candidates = options_.cold_candidates;
    if (options_.tuned) {
      const TunedSettings& tuned = *options_.tuned;
      record.tuned = Record::Tuned{tuned.file, tuned.sha256, tuned.validation, tuned.trials};
    }
    record.id = record_id(record, device, "");
    if (!options_.force && resumed(record)) {
      progress_.skip();
      return;
    }
    const std::string where = options_.devices.size() > 1 ? " on " + device.spec : "";
    progress_.entry(
        fmt::format("{} {} fold {} seed {}{}", method.name, information.text, experiment_.fold.number, seed, where));
    record.provenance = provenance(device, options_.command);
    summary_.busy_load = std::max(summary_.busy_load, busy_load(record));
    const BuiltFeatures& built = features.of(method, seed);
    if (built.unsupported.empty()) {
      record.notes = built.set.notes;
      if (!origin_of_settings_.empty()) record.notes.push_back(origin_of_settings_);
      const Run run{
          .method = method,
          .device = device,
          .experiment = experiment_,
          .features = built.set,
          .feature_seconds = built.seconds,
          .hyper = hyper,
          .task = options_.task,
          .at = options_.at,
          .seed = seed,
          .timeout_seconds = options_.timeout_seconds,
          .answers = options_.keep_answers ? answers_path(options_.output, record.id) : std::filesystem::path(),
          .embedding = options_.keep_embeddings ? embedding_path(options_.output, record.id) : std::filesystem::path(),
          .cold_candidates = options_.cold_candidates,
          .on_epoch = [this](int done, int all, const Trainer&) {
            progress_.epoch(done, all);
            return AfterEpoch::go_on;
          }};
      execute(run, threads_, record);
    } else {
      record.status = Status::unsupported;
      record.reason = built.unsupported;
    }
    if (record.status == Status::unsupported) return keep_unsupported(record);
    write(record);
    progress_.finish(outcome(record));
  }

  void write(const Record& record) {
    write_atomically(options_.output / (record.id + ".json"), to_json(record));
    ++summary_.runs[record.status];
  }

  /// What cannot be for the same reason in each fold and with each seed is one record.
  void keep_unsupported(const Record& record) {
    progress_.skip();
    if (is_new(record)) write(record);
  }

  /// Remembers an unsupported run; false for a pair that is known to be impossible for this reason.
  bool is_new(const Record& record) {
    if (summary_.unsupported.empty()) {
      summary_.unsupported = record.method + " " + record.information + ": " + record.reason;
    }
    return impossible_.emplace(record.method, record.information, record.device.kind, record.device.name, record.reason)
        .second;
  }

  /// Is the run there already? Runs that failed for a reason that may have passed are done again.
  bool resumed(const Record& wanted) {
    const auto record = settled_record(options_.output / (wanted.id + ".json"), wanted.id, progress_);
    if (!record) return false;
    if (record->status == Status::ok && !all_is_kept(*record)) return false;
    if (record->status == Status::unsupported) is_new(*record);
    ++summary_.runs[record->status];
    ++summary_.resumed;
    return true;
  }

  /// Of a run that is there: all that was asked for beside its record.
  bool all_is_kept(const Record& record) const {
    const bool answers = !options_.keep_answers || std::filesystem::exists(answers_path(options_.output, record.id));
    return answers && (!options_.keep_embeddings || embedding_is_kept(options_.output, record));
  }

  static std::string outcome(const Record& record) {
    if (record.status != Status::ok) return to_text(record.status) + ": " + record.reason;
    std::string text;
    for (const char* name : {"rmse", "ndcg@10", "ndcg@10:sampled"}) {
      const auto found = record.accuracy.find(name);
      if (found != record.accuracy.end()) text = fmt::format("{} {:.4f}, ", name, found->second.value);
    }
    return text + fmt::format("{:.2f} s", record.cost ? record.cost->train_seconds : 0.0);
  }

  const StudyOptions& options_;
  Threads& threads_;
  Progress& progress_;
  std::string origin_of_settings_;  // where that is to be said
  std::vector<Fold> folds_;
  Experiment experiment_;  // on the fold that runs
  std::set<std::tuple<std::string, std::string, DeviceKind, std::string, std::string>> impossible_;
  StudySummary summary_;
};

}  // namespace

int StudySummary::number(Status status) const {
  const auto found = runs.find(status);
  return found == runs.end() ? 0 : found->second;
}

ExitCode StudySummary::exit_code() const {
  const int all =
      std::accumulate(runs.begin(), runs.end(), 0, [](int sum, const auto& run) { return sum + run.second; });
  if (number(Status::ok) + number(Status::unsupported) == all) return ExitCode::ok;
  if (number(Status::out_of_memory) == all) return ExitCode::memory;
  if (number(Status::timeout) == all) return ExitCode::timeout;
  return ExitCode::some_failed;
}

StudySummary run_study(const StudyOptions& options, Threads& threads, Progress& progress) {
  return Study(options, threads, progress).run();
}

}  // namespace embrace
