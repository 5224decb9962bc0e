// embrace-bench-epochs: one training epoch of every method. Names: <method>/<device>/<data>[/k:<factors>].
// Before anything is timed, the method is trained on a small data set and must beat the plain baseline of its task.
#include <fmt/format.h>

#include <cmath>
#include <map>
#include <memory>
#include <numeric>

#include "bench/devices.hpp"
#include "bench/experiment.hpp"
#include "bench/programs/benchmark_main.hpp"
#include "host/data/split/split_name.hpp"
#include "host/error.hpp"
#include "host/methods/registry.hpp"
#include "host/metrics/metric.hpp"
#include "host/metrics/ranking.hpp"

namespace embrace {
namespace {

/// Made once and shared by all entries.
const Experiment& experiment_on(const std::string& data, Threads& threads) {
  static std::map<std::string, std::unique_ptr<const Experiment>> all;
  std::unique_ptr<const Experiment>& entry = all[data];
  if (!entry) {
    const DataChoice choice{.data = data, .split = parse_split("holdout:0.1")};
    entry = std::make_unique<const Experiment>(make_experiment(choice, threads));
  }
  return *entry;
}

const FeatureSet& no_features() {
  static const FeatureSet none;
  return none;
}

Task task_of(const Method& method) { return method.info.traits.rating ? Task::rating : Task::ranking; }

Hyper hyper_of(const Method& method, std::int64_t factors) {
  std::vector<std::pair<std::string, double>> settings;
  for (const HyperSpec& spec : method.info.hyper) {
    if (spec.name == "factors") settings.emplace_back("factors", static_cast<double>(factors));
  }
  return make_hyper(method, task_of(method), settings);
}

struct Training {
  Training(const Method& method, const DeviceInfo& device, const Experiment& from, std::int64_t factors,
           Threads& threads)
      : hyper(hyper_of(method, factors)),
        trainer(make_trainer(method, device,
                             problem_of(from, no_features(), nullptr, task_of(method), hyper, 1, threads))) {}
  Hyper hyper;
  std::unique_ptr<Trainer> trainer;
};

/// A method that learnt something predicts better than the mean rating, or ranks better than chance.
std::string verify(const Method& method, const DeviceInfo& device, std::int64_t factors, Threads& threads) {
  const Experiment& small = experiment_on("synth", threads);
  Training training(method, device, small, factors, threads);
  const int epochs = method.info.traits.closed_form ? 1 : static_cast<int>(training.hyper.integer("epochs"));
  for (int epoch = 0; epoch < epochs; ++epoch) {
    if (!std::isfinite(training.trainer->epoch().objective)) return "the training objective is not finite";
  }
  if (task_of(method) == Task::rating) {
    const std::vector<float> predicted = predict_test(small, no_features(), *training.trainer).values;
    const auto& train = small.data.ratings.values;
    const float mean = std::accumulate(train.begin(), train.end(), 0.0F) / static_cast<float>(train.size());
    const std::vector<float> baseline(predicted.size(), mean);
    const double rmse = test_metrics(small, predicted).front().value();
    const double plain = test_metrics(small, baseline).front().value();
    if (!(rmse <= plain * 1.001)) return fmt::format("RMSE {:.4f}, but the mean rating reaches {:.4f}", rmse, plain);
    return "";
  }
  RankingQuery query;
  query.mask = small.data.mask.view();
  query.targets = small.data.targets.view();
  query.at = {10};
  query.user_ids = small.dataset.ratings.user_ids;
  const double recall = evaluate_ranking(*training.trainer, query, threads).metrics.front().value();
  const double chance = 10.0 / static_cast<double>(small.dataset.ratings.item_count());
  if (!(recall > 2 * chance)) return fmt::format("recall@10 {:.4f}, but chance reaches {:.4f}", recall, chance);
  return "";
}

void run_epochs(benchmark::State& state, const Method& method, const DeviceInfo& device, const std::string& data,
                std::int64_t factors) {
  Threads threads(programs::thread_count());
  try {
    if (const std::string wrong = verify(method, device, factors, threads); !wrong.empty()) {
      return programs::report_incorrect(state, wrong);
    }
    if (device.kind == DeviceKind::emulated) return programs::report_verified_only(state);
    Training training(method, device, experiment_on(data, threads), factors, threads);
    std::int64_t updates = training.trainer->epoch().updates;  // memory is touched, caches are warm
    updates = 0;
    for (auto _ : state) updates += training.trainer->epoch().updates;
    state.SetItemsProcessed(updates);
  } catch (const Unsupported& error) {
    state.SkipWithError(error.what());
  } catch (const Diverged& error) {
    programs::report_incorrect(state, error.what());
  }
}

void add_epochs() {
  static const std::vector<DeviceInfo> devices = usable_devices();
  for (const Method& method : methods()) {
    const bool has_factors = std::any_of(method.info.hyper.begin(), method.info.hyper.end(),
                                         [](const HyperSpec& spec) { return spec.name == "factors"; });
    for (const DeviceInfo& device : devices) {
      for (const std::string data : {"synth", "synth:6040x3706x1000000"}) {
        for (const std::int64_t k :
             has_factors ? std::vector<std::int64_t>{32, 64, 128} : std::vector<std::int64_t>{0}) {
          const std::string name =
              fmt::format("{}/{}/{}{}", method.name, device.spec, data, has_factors ? fmt::format("/k:{}", k) : "");
          benchmark::RegisterBenchmark(
              name.c_str(),
              [&method, &device, data, k](benchmark::State& state) { run_epochs(state, method, device, data, k); })
              ->UseRealTime()
              ->Unit(benchmark::kMillisecond);
        }
      }
    }
  }
}

}  // namespace
}  // namespace embrace

int main(int argc, char** argv) { return embrace::programs::run_benchmarks(argc, argv, embrace::add_epochs); }
