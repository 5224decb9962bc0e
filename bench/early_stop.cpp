#include "bench/early_stop.hpp"

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

BestEpochs best_epochs(Run run, const std::string& metric, int patience, Threads& threads) {
  const MetricInfo* info = find_metric(metric);
  const bool higher = info != nullptr && info->higher_is_better;
  run.answers.clear();
  BestEpochs best;
  run.on_epoch = [&](int done, int, const Trainer& trainer) {
    const double value = value_of(evaluate(run, trainer, threads).metrics, metric);
    const bool first = best.values.empty();
    const double before = first ? value : best.values[static_cast<std::size_t>(best.epochs) - 1];
    best.values.push_back(value);
    if (first || (higher ? value > before : value < before)) best.epochs = done;
    return done - best.epochs >= patience ? AfterEpoch::stop : AfterEpoch::go_on;
  };
  Record record;
  train(run, threads, record);
  return best;
}

Run stopped_after(Run run, int epochs) {
  run.on_epoch = [epochs](int done, int, const Trainer&) {
    return done >= epochs ? AfterEpoch::stop : AfterEpoch::go_on;
  };
  return run;
}

}  // namespace embrace
