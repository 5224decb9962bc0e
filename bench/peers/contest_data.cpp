#include "bench/peers/contest_data.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "bench/peers/implicit_loss.hpp"
#include "bench/peers/job.hpp"
#include "bench/read_data.hpp"
#include "host/data/load_options.hpp"
#include "host/data/split/divide.hpp"
#include "host/data/split/split_name.hpp"
#include "host/error.hpp"
#include "host/metadata/information.hpp"
#include "host/methods/registry.hpp"
#include "host/metrics/metric.hpp"
#include "host/metrics/ranking.hpp"
#include "host/metrics/rating.hpp"

namespace embrace::peers {
namespace {

/// Rankings are measured on so many users at most, evenly spread over the ids: a full ranking after each epoch would
/// take longer than the training that is being compared.
constexpr std::int64_t most_ranked_users = 5000;

void sample_targets(Ground& ground) {
  Csr& targets = ground.data.targets;
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
  ground.notes.push_back(fmt::format("rankings measured on {} of {} users with targets", taken, with));
}

double rmse(const Ground& ground, const Trainer& trainer) {
  const FoldData& data = ground.data;
  std::vector<float> predicted(data.test_values.size());
  trainer.predict({data.test_users, data.test_items, {}}, predicted);
  const Scale& scale = ground.dataset.ratings.scale;
  for (float& p : predicted) p = std::clamp(p, scale.lowest, scale.highest);
  return rating_metrics(data.test_user_ids, data.test_values, predicted).at(0).value();
}

double auc(const Ground& ground, const Trainer& trainer, Threads& threads) {
  RankingQuery query;
  query.mask = ground.data.mask.view();
  query.targets = ground.data.targets.view();
  query.user_ids = ground.dataset.ratings.user_ids;
  query.auc = true;
  return evaluate_ranking(trainer, query, threads).metrics.at(0).value();
}

double loss(const Ground& ground, const Trainer& trainer, bool ours, Threads& threads) {
  const Side& theirs = ground.contest->theirs;
  const double c = setting(theirs, "alpha");
  const auto embedding = trainer.embedding();
  return implicit_loss(ground.data.ratings.view(), embedding->users, embedding->items,
                       ours ? std::sqrt(c / (c - 1)) : 1.0, c, setting(theirs, "regularization"), threads);
}

}  // namespace

Ground make_ground(const Contest& contest, const std::string& data, const SplitName& split, std::uint64_t split_seed,
                   const LoadOptions& load, const std::filesystem::path& folder, Threads& threads) {
  Ground ground;
  ground.contest = &contest;
  ground.folder = folder;
  ground.split = split.text;
  ground.split_seed = split_seed;
  const std::optional<float> positive =
      contest.positive ? std::optional(static_cast<float>(*contest.positive)) : std::nullopt;
  Division division = divide(load_data(data, load, threads).dataset, split, split_seed, positive, load, threads);
  ground.dataset = std::move(division.dataset);
  ground.fold = std::move(division.folds.at(0));
  if (contest.is_operation()) {
    ground.operation = make_operation_input(ground.dataset, ground.fold, folder / "data");
    return ground;
  }
  ground.data = make_fold_data(ground.dataset, ground.fold, threads);
  ground.features =
      build_features(ground.dataset, ground.fold, parse_information(contest.information), contest.task, 0, threads);
  if (contest.task == Task::ranking) sample_targets(ground);
  write_job_data(folder / "data", ground.data, ground.features);
  return ground;
}

Run make_run(const Ground& ground, const Hyper& hyper, const DeviceInfo& device) {
  const Contest& contest = *ground.contest;
  const Method* method = find_method(contest.ours.method);
  if (method == nullptr) throw std::logic_error("there is no method '" + contest.ours.method + "'");
  Run run{*method, device, ground.dataset, ground.fold, ground.data, ground.features, 0, hyper, contest.task, {10, 20}};
  run.auc = contest.metric == "auc";
  return run;
}

double accuracy_of(const Ground& ground, const Trainer& trainer, bool ours, Threads& threads) {
  double value = 0;
  if (ground.contest->metric == "rmse") {
    value = rmse(ground, trainer);
  } else if (ground.contest->metric == "auc") {
    value = auc(ground, trainer, threads);
  } else {
    value = loss(ground, trainer, ours, threads);
  }
  if (!std::isfinite(value)) throw Diverged(ground.contest->metric + " is not finite");
  return value;
}

}  // namespace embrace::peers
