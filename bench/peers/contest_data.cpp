#include "bench/peers/contest_data.hpp"

#include <fmt/format.h>

#include <cmath>
#include <utility>

#include "bench/peers/job.hpp"
#include "host/data/split/validation.hpp"
#include "host/error.hpp"
#include "host/metadata/information.hpp"
#include "host/metrics/ranking.hpp"

namespace embrace::peers {
namespace {

/// Rankings are measured on so many users at most, evenly spread over the ids: a full ranking after each epoch would
/// take longer than the training that is being compared.
constexpr std::int64_t most_ranked_users = 5000;

void sample_targets(ContestData& data) {
  Csr& targets = data.experiment.data.targets;
  std::int64_t with = 0;
  for (std::int64_t u = 0; u < targets.rows(); ++u) with += targets.view().row_size(u) > 0 ? 1 : 0;
  if (with <= most_ranked_users) return;
  Csr kept;
  kept.columns = targets.columns;
  std::int64_t seen = 0, taken = 0;
  for (std::int64_t u = 0; u < targets.rows(); ++u) {
    const auto items = targets.view().row_indices(u);
    const auto values = targets.view().row_values(u);
    // Every with / most-th user, in whole numbers.
    if (!items.empty() && seen++ * most_ranked_users / with == taken && taken < most_ranked_users) {
      ++taken;
      kept.indices.insert(kept.indices.end(), items.begin(), items.end());
      kept.values.insert(kept.values.end(), values.begin(), values.end());
    }
    kept.offsets.push_back(kept.entries());
  }
  targets = std::move(kept);
  data.notes.push_back(fmt::format("rankings measured on {} of {} users with targets", taken, with));
}

double rmse(const ContestData& data, const Trainer& trainer) {
  const Predictions predictions = predict_test(data.experiment, data.features, trainer);
  return test_metrics(data.experiment, predictions.values).at(0).value();
}

double of_rankings(const ContestData& data, const Trainer& trainer, Threads& threads) {
  RankingQuery query;
  query.mask = data.experiment.data.mask.view();
  query.targets = data.experiment.data.targets.view();
  query.user_ids = data.experiment.dataset.ratings.user_ids;
  query.at = {10};
  const RankingResult result = evaluate_ranking(trainer, query, threads);
  for (const UserValues& metric : result.metrics) {
    if (metric.name == data.contest->metric) return metric.value();
  }
  throw Unsupported("no user has a target in the validation part");
}

/// The training part of the fold, divided again. Another seed than that of `embrace tune` and of the choice of settings
/// that docs/peers.md tells of: what is raced on is not what a setting was chosen on.
Experiment race_experiment(const DividedData& divided, DataChoice& choice, Threads& threads) {
  const SplitName how = validation_split(choice.split);
  Division part = validation_part(divided.dataset, divided.folds.at(0), how, choice.split_seed + 1, threads);
  choice.split.text += divided_again + how.text;
  return {std::move(part.dataset), std::move(part.folds.at(0)), {}};
}

}  // namespace

ContestData make_contest_data(const Contest& contest, const DataChoice& choice, const std::filesystem::path& folder,
                              Threads& threads) {
  ContestData data;
  data.contest = &contest;
  data.choice = choice;
  data.choice.positive = contest.positive;
  data.folder = folder;
  Experiment& experiment = data.experiment;
  DividedData divided = load_and_divide(data.choice, threads);
  if (contest.task == Task::ranking) {
    experiment = race_experiment(divided, data.choice, threads);
  } else {
    experiment = {std::move(divided.dataset), std::move(divided.folds.at(0)), {}};
  }
  if (contest.is_operation()) {
    data.operation = make_operation_input(experiment.dataset, experiment.fold, folder / "data");
    return data;
  }
  experiment.data = make_fold_data(experiment.dataset, experiment.fold, threads);
  data.features = build_features(experiment.dataset, experiment.fold, parse_information(contest.information),
                                 contest.task, 0, threads);
  if (contest.task == Task::ranking) sample_targets(data);
  write_job_data(folder / "data", experiment.data, data.features, contest.task);
  return data;
}

Run make_run(const ContestData& data, const FeatureSet& features, const Method& method, const Hyper& hyper,
             const DeviceInfo& device) {
  return {.method = method,
          .device = device,
          .experiment = data.experiment,
          .features = features,
          .hyper = hyper,
          .task = data.contest->task,
          .at = {10, 20},
          .auc = true};
}

double accuracy_of(const ContestData& data, const Trainer& trainer, Threads& threads) {
  const double value = data.contest->task == Task::ranking ? of_rankings(data, trainer, threads) : rmse(data, trainer);
  if (!std::isfinite(value)) throw Diverged(data.contest->metric + " is not finite");
  return value;
}

}  // namespace embrace::peers
