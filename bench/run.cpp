#include "bench/run.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <new>

#include "bench/answers.hpp"
#include "bench/cold_candidates.hpp"
#include "bench/kept_embedding.hpp"
#include "bench/machine.hpp"
#include "host/error.hpp"
#include "host/metrics/estimate.hpp"
#include "host/metrics/ranking.hpp"
#include "host/metrics/rating.hpp"
#include "host/metrics/statistics.hpp"

namespace embrace {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point begin) { return std::chrono::duration<double>(Clock::now() - begin).count(); }

Evaluation evaluate_ratings(const Run& run, const Trainer& trainer) {
  const Predictions predictions = predict_test(run.experiment, run.features, trainer);
  if (!run.answers.empty()) {
    write_rating_answers(run.answers, run.experiment.dataset.ratings, run.experiment.fold.test, predictions.values);
  }
  return {test_metrics(run.experiment, predictions.values), predictions.seconds};
}

Evaluation evaluate_rankings(const Run& run, const Trainer& trainer, Threads& threads) {
  const Experiment& experiment = run.experiment;
  RankingQuery query;
  query.mask = experiment.data.mask.view();
  query.targets = experiment.data.targets.view();
  query.candidates = experiment.fold.candidates;
  std::vector<std::int32_t> cold;
  Csr cold_targets;
  if (run.cold_candidates) {
    cold = cold_items(experiment.data);
    cold_targets = only_columns(query.targets, cold);
    query.targets = cold_targets.view();
    query.pool = cold;
  }
  query.at = run.at;
  query.user_ids = experiment.dataset.ratings.user_ids;
  query.auc = run.auc;
  query.keep = run.answers.empty() ? 0 : std::max(100, run.at.back());
  RankingResult result = evaluate_ranking(trainer, query, threads);
  if (!run.answers.empty()) write_ranking_answers(run.answers, experiment.dataset.ratings, result.answers);
  return {std::move(result.metrics), result.score_seconds, result.users_without_targets};
}

void train_epochs(const Run& run, Trainer& trainer, Record& record) {
  const int epochs = run.method.info.traits.closed_form ? 1 : static_cast<int>(run.hyper.integer("epochs"));
  Record::Cost& cost = *record.cost;
  double updates = 0;
  for (int epoch = 1; epoch <= epochs; ++epoch) {
    stop_if_interrupted();
    if (run.timeout_seconds > 0 && cost.train_seconds > run.timeout_seconds) {
      throw Timeout(fmt::format("over {} s after epoch {} of {}", run.timeout_seconds, epoch - 1, epochs));
    }
    const auto begin = Clock::now();
    EpochResult result;
    try {
      result = trainer.epoch();
    } catch (const Diverged& error) {
      throw Diverged(fmt::format("epoch {}: {}", epoch, error.what()));
    }
    cost.epoch_seconds.push_back(seconds_since(begin));
    cost.train_seconds += cost.epoch_seconds.back();
    cost.epochs = epoch;
    updates += static_cast<double>(result.updates);
    if (!std::isfinite(result.objective)) {
      throw Diverged(record.objective.empty()
                         ? fmt::format("the training objective is not finite in epoch {}", epoch)
                         : fmt::format("the training objective is not finite in epoch {}; it was {:.6g} before", epoch,
                                       record.objective.back()));
    }
    record.objective.push_back(result.objective);
    if (run.on_epoch && run.on_epoch(epoch, epochs, trainer) == AfterEpoch::stop) break;
  }
  cost.updates_per_second = cost.train_seconds > 0 ? updates / cost.train_seconds : 0;
}

void require_possible(const Run& run) {
  const Traits& traits = run.method.info.traits;
  const std::string name = "method '" + run.method.name + "' ";
  if (!(run.task == Task::rating ? traits.rating : traits.ranking)) {
    throw Unsupported(name + (run.task == Task::rating ? "predicts no ratings; use --task ranking"
                                                       : "gives every movie the same score; use --task rating"));
  }
  if (!run.experiment.fold.known.empty() && !traits.fold_in)
    throw Unsupported(name + "cannot take in users after training");
  if (run.features.user && !traits.user_features) throw Unsupported(name + "reads no user features");
  if (run.features.item && !traits.item_features) throw Unsupported(name + "reads no movie features");
  if (run.features.context && !traits.context) throw Unsupported(name + "reads no times");
  if (run.experiment.fold.train.empty()) throw Unsupported("the fold has no training ratings");
  if (run.cold_candidates && !run.experiment.fold.candidates.empty()) {
    throw Unsupported("the split has candidates of its own; use --candidates all");
  }
  if (run.cold_candidates &&
      only_columns(run.experiment.data.targets.view(), cold_items(run.experiment.data)).entries() == 0) {
    throw Unsupported("no test item is without a training rating; use a split such as cold-items:5");
  }
  if (run.experiment.fold.test.empty()) throw Unsupported("the fold has no test ratings");
}

void train_and_measure(const Run& run, Threads& threads, Record& record) {
  const Trained trained = train(run, threads, record);
  stop_if_interrupted();
  measure(run, *trained.trainer, threads, record);
  record.cost->peak_bytes = peak_memory_bytes();
  if (!run.embedding.empty()) keep_embedding(run.embedding, *trained.trainer, run.experiment, record);
}

/// Of what the run has set, what makes it smaller; a method that has none of it knows itself what to say.
std::string memory_advice(const Record& record) {
  std::string less;
  for (const auto& [name, what] : {std::pair("factors", "fewer factors"), std::pair("batch", "a smaller batch")}) {
    const auto set = std::any_of(record.hyper.begin(), record.hyper.end(),
                                 [&key = name](const auto& setting) { return setting.first == key; });
    if (set) less += std::string(less.empty() ? "" : " or ") + what;
  }
  return less.empty() ? "" : "; " + less + " need less";
}

void fail(Record& record, Status status, const std::string& reason) {
  record.status = status;
  record.reason = reason;
  record.accuracy.clear();
}

}  // namespace

void execute(const Run& run, Threads& threads, Record& record) {
  record_outcome(record, [&] { train_and_measure(run, threads, record); });
}

Trained train(const Run& run, Threads& threads, Record& record) {
  require_possible(run);
  reset_peak_memory();
  record.cost = Record::Cost{};
  const auto begin = Clock::now();
  Trained trained{training_context(run.experiment, run.features), {}, nullptr};
  trained.trainer = make_trainer(
      run.method, run.device,
      problem_of(run.experiment, run.features, trained.context.get(), run.task, run.hyper, run.seed, threads));
  Trainer& trainer = *trained.trainer;
  if (const std::string plan = trainer.device_memory(); !plan.empty()) record.notes.push_back(plan);
  record.cost->prepare_seconds = run.feature_seconds + seconds_since(begin);
  if (run.method.info.traits.averages && run.task == Task::rating) {
    trainer.watch(test_pairs(run.experiment, run.features, trained.watched));
  }
  train_epochs(run, trainer, record);
  if (!run.experiment.fold.known.empty()) trainer.fold_in(run.experiment.data.known.view());
  return trained;
}

Evaluation evaluate(const Run& run, const Trainer& trainer, Threads& threads) {
  return run.task == Task::rating ? evaluate_ratings(run, trainer) : evaluate_rankings(run, trainer, threads);
}

void add_accuracy(const std::vector<UserValues>& metrics, Threads& threads, Record& record) {
  Array<Array<double>> draws = bootstrap(metrics, threads);
  for (std::size_t m = 0; m < metrics.size(); ++m) {
    const double users = metrics[m].effective_users();
    Replicate run{metrics[m].value(), std::move(draws[m])};
    const Interval interval = estimate({&run, 1}, users).interval();
    Accuracy accuracy{run.value, interval.low, interval.high, metrics[m].n, std::move(run.draws), users};
    if (!std::isfinite(accuracy.value)) throw Diverged(metrics[m].name + " is not finite");
    record.accuracy[metrics[m].name] = std::move(accuracy);
  }
}

void measure(const Run& run, const Trainer& trainer, Threads& threads, Record& record) {
  const Evaluation evaluation = evaluate(run, trainer, threads);
  record.cost->score_seconds = evaluation.score_seconds;
  record.users_without_targets = evaluation.users_without_targets;
  add_accuracy(evaluation.metrics, threads, record);
}

void record_outcome(Record& record, const std::function<void()>& work) {
  try {
    work();
  } catch (const Unsupported& error) {
    record.cost.reset();
    fail(record, Status::unsupported, error.what());
  } catch (const Diverged& error) {
    fail(record, Status::diverged, error.what());
  } catch (const Timeout& error) {
    fail(record, Status::timeout, error.what());
  } catch (const OutOfMemory& error) {
    fail(record, Status::out_of_memory, error.what() + memory_advice(record));
  } catch (const std::bad_alloc&) {
    fail(record, Status::out_of_memory,
         fmt::format("the run needs more than the {} MiB that were free{}", available_memory_bytes() >> 20U,
                     memory_advice(record)));
  } catch (const OutputError&) {
    throw;
  } catch (const std::exception& error) {
    fail(record, Status::failed, error.what());
  }
}

}  // namespace embrace
