#include "bench/experiment.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>

#include "bench/read_data.hpp"
#include "host/error.hpp"
#include "host/metrics/rating.hpp"

namespace embrace {

DividedData load_and_divide(const DataChoice& choice, Threads& threads) {
  LoadedData loaded = load_data(choice.data, choice.load, threads);
  DividedData divided;
  divided.notes = loaded.dataset.report.warnings;
  if (loaded.transfer) {
    divided.notes.push_back(fmt::format("{} of {} tag uses travelled by {}, to {} of {} movies",
                                        loaded.transfer->uses_matched, loaded.transfer->uses, loaded.transfer->by,
                                        loaded.transfer->movies_tagged, loaded.transfer->movies));
  }
  const std::optional<float> positive =
      choice.positive ? std::optional(static_cast<float>(*choice.positive)) : std::nullopt;
  Division division =
      divide(std::move(loaded.dataset), choice.split, choice.split_seed, positive, choice.load, threads);
  divided.dataset = std::move(division.dataset);
  divided.folds = std::move(division.folds);
  return divided;
}

void refuse_without_ratings(const Ratings& ratings, Task task) {
  if (task == Task::ranking || !ratings.scale_found || ratings.scale.lowest != 1 || ratings.scale.highest != 1) return;
  throw UsageError("every rating is 1: there is nothing to predict", "rank, with --task ranking");
}

std::vector<Fold> choose_folds(std::vector<Fold> folds, const std::vector<int>& numbers, const SplitName& split) {
  if (numbers.empty()) return folds;
  std::vector<Fold> chosen;
  for (const int number : numbers) {
    if (number < 0 || number >= static_cast<int>(folds.size())) {
      throw UsageError(fmt::format("there is no fold {}; {} has {}", number, split.text, folds.size()),
                       "folds count from 0");
    }
    chosen.push_back(folds[static_cast<std::size_t>(number)]);
  }
  return chosen;
}

Experiment make_experiment(const DataChoice& choice, Threads& threads) {
  DividedData divided = load_and_divide(choice, threads);
  Experiment experiment{std::move(divided.dataset), std::move(divided.folds.at(0)), {}};
  experiment.data = make_fold_data(experiment.dataset, experiment.fold, threads);
  return experiment;
}

std::unique_ptr<const Features> training_context(const Experiment& experiment, const FeatureSet& features) {
  if (!features.context) return nullptr;
  Csr rows = gather_rows(features.context->rows.view(), experiment.data.order);
  return std::make_unique<Features>(Features{.rows = std::move(rows), .fields = features.context->fields});
}

Problem problem_of(const Experiment& experiment, const FeatureSet& features, const Features* context, Task task,
                   const Hyper& hyper, std::uint64_t seed, Threads& threads) {
  const FoldData& data = experiment.data;
  return {.ratings = data.ratings.view(),
          .by_item = data.by_item.view(),
          .by_item_order = data.by_item_order,
          .scale = data.scale,
          .task = task,
          .user_features = features.user ? &*features.user : nullptr,
          .item_features = features.item ? &*features.item : nullptr,
          .context = context,
          .hyper = hyper,
          .seed = seed,
          .threads = threads};
}

Experiment tiny_experiment(Threads& threads) {
  Experiment tiny;
  Ratings& ratings = tiny.dataset.ratings;
  ratings.user_ids = ratings.item_ids = {1, 2};
  ratings.users = ratings.items = {0, 1};
  ratings.values = {1, 5};
  tiny.fold.train = {0, 1};
  tiny.data = make_fold_data(tiny.dataset, tiny.fold, threads);
  return tiny;
}

DataShape shape_of(const Experiment& experiment) {
  const Ratings& ratings = experiment.dataset.ratings;
  return {ratings.user_count(), ratings.item_count(), static_cast<std::int64_t>(experiment.fold.train.size())};
}

PairsView test_pairs(const Experiment& experiment, const FeatureSet& features, Csr& context) {
  const FoldData& data = experiment.data;
  if (features.context) context = gather_rows(features.context->rows.view(), experiment.fold.test);
  return {data.test_users, data.test_items, features.context ? context.view() : CsrView{}};
}

Predictions predict_test(const Experiment& experiment, const FeatureSet& features, const Trainer& trainer) {
  Csr context;
  const PairsView pairs = test_pairs(experiment, features, context);
  Predictions predictions{std::vector<float>(experiment.data.test_values.size()), 0};
  const auto begin = std::chrono::steady_clock::now();
  trainer.predict(pairs, predictions.values);
  predictions.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  const Scale& scale = experiment.data.scale;
  for (float& p : predictions.values) {
    if (!std::isfinite(p)) throw Diverged("a prediction is not finite");
    p = std::clamp(p, scale.lowest, scale.highest);
  }
  return predictions;
}

std::vector<UserValues> test_metrics(const Experiment& experiment, const std::vector<float>& predicted) {
  return rating_metrics(experiment.data.test_user_ids, experiment.data.test_values, predicted);
}

}  // namespace embrace
