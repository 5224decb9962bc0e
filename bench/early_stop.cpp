#include "bench/early_stop.hpp"

#include <cmath>

#include "host/error.hpp"
#include "host/metrics/metric.hpp"
#include "host/text.hpp"

namespace embrace {
namespace {

double value_of(const std::vector<UserValues>& metrics, const std::string& name) {
  std::vector<std::string> known;
  for (const UserValues& metric : metrics) {
    if (metric.name == name) return metric.value();
    known.push_back(metric.name);
  }
  throw UsageError("the run has no metric '" + name + "'", suggestion(name, known));
}

}  // namespace

BestEpochs best_epochs(Run run, const std::string& metric, const Patience& patience, Threads& threads, Record& record) {
  const MetricInfo* info = find_metric(metric);
  const bool higher = info != nullptr && info->higher_is_better;
  run.answers.clear();
  BestEpochs best;
  run.on_epoch = [&](int done, int, const Trainer& trainer) {
    Evaluation evaluation = evaluate(run, trainer, threads);
    const double value = value_of(evaluation.metrics, metric);
    if (!std::isfinite(value)) throw Diverged(metric + " is not finite");
    const double before = best.values.empty() ? value : best.values[static_cast<std::size_t>(best.epochs) - 1];
    const double gain = higher ? value - before : before - value;
    if (best.values.empty() || gain > patience.least * std::abs(before)) {
      best.epochs = done;
      best.evaluation = std::move(evaluation);
    }
    best.values.push_back(value);
    return done - best.epochs >= patience.epochs ? AfterEpoch::stop : AfterEpoch::go_on;
  };
  train(run, threads, record);
  return best;
}

}  // namespace embrace
