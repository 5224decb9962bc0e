// Early stop: the best epoch is found, and a training for as many epochs is the one that went on, to the last bit.
#include "bench/early_stop.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "host/data/split/validation.hpp"
#include "host/error.hpp"
#include "host/methods/registry.hpp"
#include "tests/same_bits.hpp"

namespace embrace {
namespace {

class EarlyStop : public testing::Test {
 protected:
  /// The method with few ratings and no regularization: it learns them by heart and becomes worse on others.
  Hyper hyper_of(const Method& method) {
    Hyper hyper = make_hyper(method, Task::rating, {});
    if (hyper.has("regularization")) hyper.set("regularization", 0.01);
    hyper.set("epochs", 40);
    return hyper;
  }
  embrace::Run run_of(const Method& method, const Experiment& experiment, const Hyper& hyper) {
    return {
        .method = method, .device = cpu_, .experiment = experiment, .features = features_, .hyper = hyper, .seed = 3};
  }
  Experiment validation() {
    Division part = validation_part(experiment_.dataset, experiment_.fold, parse_split("holdout:0.2"), 1, threads_);
    Experiment inner{std::move(part.dataset), std::move(part.folds[0]), {}};
    inner.data = make_fold_data(inner.dataset, inner.fold, threads_);
    return inner;
  }
  std::vector<float> predictions(const Trainer& trainer) {
    return predict_test(experiment_, features_, trainer).values;
  }

  Threads threads_{2};
  DeviceInfo cpu_ = usable_devices().front();
  Experiment experiment_ = make_experiment({.data = "synth:80x60x1500", .split = parse_split("holdout:0.2")}, threads_);
  FeatureSet features_;
  Record record_;
};

class EarlyStopOf : public EarlyStop, public testing::WithParamInterface<const char*> {};

TEST_P(EarlyStopOf, EndsWhenPatienceIsSpentAndNamesTheBestEpoch) {
  const Method& method = *find_method(GetParam());
  const Hyper hyper = hyper_of(method);
  const Experiment inner = validation();
  const BestEpochs best = best_epochs(run_of(method, inner, hyper), "rmse", {.epochs = 3}, threads_, record_);
  const auto lowest = std::min_element(best.values.begin(), best.values.end());
  EXPECT_EQ(best.evaluation.metrics.at(0).value(), *lowest) << "the evaluation is that of the best epoch";
  EXPECT_EQ(best.epochs, lowest - best.values.begin() + 1);
  EXPECT_EQ(best.values.size(), std::min<std::size_t>(static_cast<std::size_t>(best.epochs) + 3, 40));
  const BestEpochs hasty = best_epochs(run_of(method, inner, hyper), "rmse", {.epochs = 1}, threads_, record_);
  EXPECT_TRUE(std::equal(hasty.values.begin(), hasty.values.end(), best.values.begin())) << "the same epochs, fewer";
  const double least = 0.01;
  const BestEpochs coarse = best_epochs(run_of(method, inner, hyper), "rmse", {40, least}, threads_, record_);
  double kept = coarse.values.front();
  int epochs = 1;
  for (std::size_t e = 1; e < coarse.values.size(); ++e) {
    if (kept - coarse.values[e] <= least * kept) continue;
    kept = coarse.values[e];
    epochs = static_cast<int>(e) + 1;
  }
  EXPECT_EQ(coarse.epochs, epochs);
}

TEST_P(EarlyStopOf, TrainingAgainForAsManyEpochsGivesTheSameBits) {
  const Method& method = *find_method(GetParam());
  const Hyper hyper = hyper_of(method);
  const Experiment inner = validation();
  const int epochs = best_epochs(run_of(method, inner, hyper), "rmse", {.epochs = 3}, threads_, record_).epochs;
  ASSERT_GE(epochs, 1);
  ASSERT_LT(epochs, 40) << "it must get worse again, or this shows nothing";

  embrace::Run whole = run_of(method, experiment_, hyper);
  std::vector<float> then;
  whole.on_epoch = [&](int done, int, const Trainer& trainer) {
    if (done == epochs) then = predictions(trainer);
    return AfterEpoch::go_on;
  };
  train(whole, threads_, record_);
  EXPECT_EQ(record_.cost->epochs, 40);

  Hyper fewer = hyper;
  fewer.set("epochs", epochs);
  const Trained again = train(run_of(method, experiment_, fewer), threads_, record_);
  EXPECT_EQ(record_.cost->epochs, epochs);
  EXPECT_TRUE(test::same_bits(predictions(*again.trainer), then));
}

INSTANTIATE_TEST_SUITE_P(Methods, EarlyStopOf, testing::Values("als", "hybrid"));

TEST_F(EarlyStop, FollowsTheMetricsOwnDirection) {
  const Method& method = *find_method("ials");
  Hyper hyper = make_hyper(method, Task::ranking, {});
  hyper.set("epochs", 6);
  const Experiment inner = validation();
  embrace::Run run = run_of(method, inner, hyper);
  run.task = Task::ranking;
  run.at = {10};
  const BestEpochs best = best_epochs(run, "ndcg@10", {.epochs = 6}, threads_, record_);
  const auto most = std::max_element(best.values.begin(), best.values.end());
  EXPECT_EQ(best.epochs, most - best.values.begin() + 1);
  EXPECT_THROW(best_epochs(run, "rmse", {.epochs = 1}, threads_, record_), UsageError);
}

}  // namespace
}  // namespace embrace
