#include "bench/peers/contest_data.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "bench/peers/implicit_loss.hpp"
#include "bench/peers/job.hpp"
#include "host/error.hpp"
#include "host/metadata/information.hpp"
#include "host/methods/registry.hpp"
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

double auc(const ContestData& data, const Trainer& trainer, Threads& threads) {
  RankingQuery query;
  query.mask = data.experiment.data.mask.view();
  query.targets = data.experiment.data.targets.view();
  query.user_ids = data.experiment.dataset.ratings.user_ids;
  query.auc = true;
  return evaluate_ranking(trainer, query, threads).metrics.at(0).value();
}

double loss(const ContestData& data, const Trainer& trainer, bool ours, Threads& threads) {
  const Side& theirs = data.contest->theirs;
  const double c = setting(theirs, "alpha");
  const auto embedding = trainer.embedding();
  return implicit_loss(data.experiment.data.ratings.view(), embedding->users, embedding->items,
                       ours ? std::sqrt(c / (c - 1)) : 1.0, c, setting(theirs, "regularization"), threads);
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
  if (contest.is_operation()) {
    DividedData divided = load_and_divide(data.choice, threads);
    experiment = {std::move(divided.dataset), std::move(divided.folds.at(0)), {}};
    data.operation = make_operation_input(experiment.dataset, experiment.fold, folder / "data");
    return data;
  }
  experiment = make_experiment(data.choice, threads);
  data.features = build_features(experiment.dataset, experiment.fold, parse_information(contest.information),
                                 contest.task, 0, threads);
  if (contest.task == Task::ranking) sample_targets(data);
  write_job_data(folder / "data", experiment.data, data.features);
  return data;
}

Run make_run(const ContestData& data, const Hyper& hyper, const DeviceInfo& device) {
  const Contest& contest = *data.contest;
  const Method* method = find_method(contest.ours.method);
  if (method == nullptr) throw std::logic_error("there is no method '" + contest.ours.method + "'");
  return {.method = *method,
          .device = device,
          .experiment = data.experiment,
          .features = data.features,
          .hyper = hyper,
          .task = contest.task,
          .at = {10, 20},
          .auc = contest.metric == "auc"};
}

double accuracy_of(const ContestData& data, const Trainer& trainer, bool ours, Threads& threads) {
  double value = 0;
  if (data.contest->metric == "rmse") {
    value = rmse(data, trainer);
  } else if (data.contest->metric == "auc") {
    value = auc(data, trainer, threads);
  } else {
    value = loss(data, trainer, ours, threads);
  }
  if (!std::isfinite(value)) throw Diverged(data.contest->metric + " is not finite");
  return value;
}

}  // namespace embrace::peers
