#include "bench/run.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <new>

#include "bench/answers.hpp"
#include "bench/interrupt.hpp"
#include "bench/machine.hpp"
#include "host/error.hpp"
#include "host/metrics/ranking.hpp"
#include "host/metrics/rating.hpp"
#include "host/metrics/statistics.hpp"

namespace embrace {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point begin) { return std::chrono::duration<double>(Clock::now() - begin).count(); }

void stop_if_interrupted() {
  if (interrupt_signal() != 0) throw Interrupted{};
}

void add_accuracy(const std::vector<UserValues>& metrics, Threads& threads, Record& record) {
  Array<Array<double>> draws = bootstrap(metrics, threads);
  for (std::size_t m = 0; m < metrics.size(); ++m) {
    const Interval interval = percentile_interval(draws[m]);
    Accuracy accuracy{metrics[m].value(), interval.low, interval.high, metrics[m].n, std::move(draws[m])};
    if (!std::isfinite(accuracy.value)) throw Diverged(metrics[m].name + " is not finite");
    record.accuracy[metrics[m].name] = std::move(accuracy);
  }
}

/// The pairs of the test ratings; `context` keeps their times.
PairsView test_pairs(const Run& run, Csr& context) {
  if (run.features.context) context = gather_rows(run.features.context->rows.view(), run.fold.test);
  return {run.data.test_users, run.data.test_items, run.features.context ? context.view() : CsrView{}};
}

void measure_ratings(const Run& run, const Trainer& trainer, Threads& threads, Record& record) {
  Csr context;
  const PairsView pairs = test_pairs(run, context);
  std::vector<float> predicted(run.data.test_values.size());
  const auto begin = Clock::now();
  trainer.predict(pairs, predicted);
  record.cost->score_seconds = seconds_since(begin);
  const Scale& scale = run.dataset.ratings.scale;
  for (float& p : predicted) {
    if (!std::isfinite(p)) throw Diverged("a prediction is not finite");
    p = std::clamp(p, scale.lowest, scale.highest);
  }
  add_accuracy(rating_metrics(run.data.test_user_ids, run.data.test_values, predicted), threads, record);
  if (!run.answers.empty()) write_rating_answers(run.answers, run.dataset.ratings, run.fold.test, predicted);
}

void measure_ranking(const Run& run, const Trainer& trainer, Threads& threads, Record& record) {
  RankingQuery query;
  query.mask = run.data.mask.view();
  query.targets = run.data.targets.view();
  query.candidates = run.fold.candidates;
  query.at = run.at;
  query.user_ids = run.dataset.ratings.user_ids;
  query.auc = run.auc;
  query.keep = run.answers.empty() ? 0 : std::max(100, run.at.back());
  const RankingResult result = evaluate_ranking(trainer, query, threads);
  record.cost->score_seconds = result.score_seconds;
  record.users_without_targets = result.users_without_targets;
  add_accuracy(result.metrics, threads, record);
  if (!run.answers.empty()) write_ranking_answers(run.answers, run.dataset.ratings, result.answers);
}

void train(const Run& run, Trainer& trainer, Record& record) {
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
    if (run.on_epoch) run.on_epoch(epoch, epochs, trainer);
  }
  cost.updates_per_second = cost.train_seconds > 0 ? updates / cost.train_seconds : 0;
}

void require_possible(const Run& run) {
  const Traits& traits = run.method.info.traits;
  const std::string name = "method '" + run.method.name + "' ";
  if (!(run.task == Task::rating ? traits.rating : traits.ranking)) {
    throw Unsupported(name + (run.task == Task::rating ? "predicts no ratings" : "gives every movie the same score"));
  }
  if (!run.fold.known.empty() && !traits.fold_in) throw Unsupported(name + "cannot take in users after training");
  if (run.features.user && !traits.user_features) throw Unsupported(name + "reads no user features");
  if (run.features.item && !traits.item_features) throw Unsupported(name + "reads no movie features");
  if (run.features.context && !traits.context) throw Unsupported(name + "reads no times");
  if (run.fold.train.empty()) throw Unsupported("the fold has no training ratings");
  if (run.fold.test.empty()) throw Unsupported("the fold has no test ratings");
}

void train_and_measure(const Run& run, Threads& threads, Record& record) {
  require_possible(run);
  reset_peak_memory();
  record.cost = Record::Cost{};
  const auto begin = Clock::now();
  std::optional<Features> context;
  if (run.features.context) {
    context = Features{gather_rows(run.features.context->rows.view(), run.data.order), run.features.context->fields};
  }
  const Problem problem{run.data.ratings,
                        run.data.by_item,
                        run.data.by_item_order,
                        run.task,
                        run.features.user ? &*run.features.user : nullptr,
                        run.features.item ? &*run.features.item : nullptr,
                        context ? &*context : nullptr,
                        run.hyper,
                        run.seed,
                        threads};
  const std::unique_ptr<Trainer> trainer = make_trainer(run.method, run.device, problem);
  if (const std::string plan = trainer->device_memory(); !plan.empty()) record.notes.push_back(plan);
  record.cost->prepare_seconds = run.feature_seconds + seconds_since(begin);
  Csr watched_context;
  if (run.method.info.traits.averages && run.task == Task::rating) trainer->watch(test_pairs(run, watched_context));
  train(run, *trainer, record);
  if (!run.fold.known.empty()) trainer->fold_in(run.data.known.view());
  stop_if_interrupted();
  measure(run, *trainer, threads, record);
  record.cost->peak_bytes = peak_memory_bytes();
}

void fail(Record& record, Status status, const std::string& reason) {
  record.status = status;
  record.reason = reason;
  record.accuracy.clear();
}

}  // namespace

void execute(const Run& run, Threads& threads, Record& record) {
  settle(record, [&] { train_and_measure(run, threads, record); });
}

void measure(const Run& run, const Trainer& trainer, Threads& threads, Record& record) {
  if (run.task == Task::rating) {
    measure_ratings(run, trainer, threads, record);
  } else {
    measure_ranking(run, trainer, threads, record);
  }
}

void settle(Record& record, const std::function<void()>& work) {
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
    fail(record, Status::out_of_memory, error.what());
  } catch (const std::bad_alloc&) {
    fail(record, Status::out_of_memory,
         fmt::format("the run needs more than the {} MiB that were free; fewer factors or a smaller batch need less",
                     available_memory_bytes() >> 20U));
  } catch (const OutputError&) {
    throw;
  } catch (const std::exception& error) {
    fail(record, Status::failed, error.what());
  }
}

}  // namespace embrace
