// The judge `two-tower`: 4 rates × 3 decays are tried with seed 1, and the epoch at which to stop is chosen for each
// seed, both by NDCG@10 on the validation part; epoch 0 is the items' popularity.
#include <algorithm>
#include <cmath>

#include "host/judge/rank.hpp"
#include "host/judge/towers.hpp"
#include "host/judge/training.hpp"
#include "host/metrics/ranking.hpp"
#include "host/permutation.hpp"

namespace embrace::judge {
namespace {

constexpr FixedArray<double, 4> rates{{0.001, 0.003, 0.01, 0.03}};
constexpr FixedArray<double, 3> decays{{0.01, 0.1, 1}};
constexpr std::int64_t batch = 256;
constexpr int cut = 10;

struct Setting {
  double rate = 0, decay = 0;
};

/// Rows scaled by one number so that a coordinate's mean square over the rows of `entries` is 1.
Matrix at_unit(const EntityVectors& vectors, const Array<std::int32_t>& entries, std::int64_t first,
               std::int64_t columns) {
  double squares = 0;
  for (const std::int32_t e : entries) {
    for (std::int64_t k = 0; k < columns; ++k) squares += std::pow(static_cast<double>(vectors.rows(e, first + k)), 2);
  }
  const double count = static_cast<double>(entries.size()) * static_cast<double>(columns);
  const auto factor = squares > 0 ? static_cast<float>(std::sqrt(count / squares)) : 1.0F;
  Matrix out(vectors.rows.rows(), columns);
  for (std::int64_t r = 0; r < out.rows(); ++r) {
    for (std::int64_t k = 0; k < columns; ++k) out(r, k) = factor * vectors.rows(r, first + k);
  }
  return out;
}

class TwoTower {
 public:
  explicit TwoTower(const RankingCase& work)
      : work_(work), width_(work.items.rows.columns()), views_(work.users.rows.columns() / width_) {
    const CsrView fit = work.fit.view();
    for (std::int64_t u = 0; u < fit.rows; ++u) {
      for (const std::int32_t item : fit.row_indices(u)) {
        pair_users_.push_back(static_cast<std::int32_t>(u));
        pair_items_.push_back(item);
      }
    }
    items_ = at_unit(work.items, pair_items_, 0, width_);
    users_ = Matrix(work.users.rows.rows(), views_ * width_);
    for (std::int64_t v = 0; v < views_; ++v) {
      const Matrix view = at_unit(work.users, pair_users_, v * width_, width_);
      for (std::int64_t u = 0; u < view.rows(); ++u) {
        std::copy(view.row(u), view.row(u) + width_, users_.row(u) + v * width_);
      }
    }
    count_items();
  }

  std::vector<RankVerdict> verdicts(Span<const std::uint64_t> seeds) {
    std::vector<Setting> settings;
    for (const double rate : rates) {
      for (const double decay : decays) settings.push_back({rate, decay});
    }
    return choose_and_train<RankVerdict>(
        settings, seeds, work_.threads,
        [&](const Setting& setting, std::uint64_t seed) { return train(setting, seed); },
        [&](const Trained<Towers>& trained, const Setting& setting) { return verdict_of(trained, setting); });
  }

 private:
  /// ln(1 + pairs) of each item, and ln of its share of the pairs.
  void count_items() {
    const std::int64_t items = work_.items.rows.rows();
    Array<double> count(items, 0.0);
    for (const std::int32_t item : pair_items_) count[item] += 1;
    numbers_ = Matrix(items, 1);
    log_share_.resize(items);
    for (std::int64_t i = 0; i < items; ++i) {
      numbers_(i, 0) = static_cast<float>(std::log1p(count[i]));
      log_share_[i] = static_cast<float>(std::log(std::max(1.0, count[i]) / static_cast<double>(pair_items_.size())));
    }
  }

  Towers initial(std::uint64_t seed) const {
    Towers towers(width_, views_, numbers_.columns(), seed);
    towers.number_weights()[0] = 1;
    return towers;
  }

  FinalVectors final_vectors(Towers& towers) const {
    FinalVectors out{Matrix(users_.rows(), towers.columns()), Matrix(items_.rows(), towers.columns()),
                     Array<float>(items_.rows())};
    towers.user_vectors(users_.view(), out.users.view());
    towers.item_vectors(items_.view(), out.items.view());
    for (std::int64_t i = 0; i < items_.rows(); ++i) out.item_bias[i] = towers.number_weights()[0] * numbers_(i, 0);
    return out;
  }

  double validate(Towers& towers) const {
    Threads one(1);
    const FinalVectors vectors = final_vectors(towers);
    const VectorScores trainer(vectors.view(), one);
    RankingQuery query;
    query.mask = work_.seen.view();
    query.targets = work_.validation.view();
    query.at = {cut};
    query.user_ids = work_.user_ids;
    const RankingResult result = evaluate_ranking(trainer, query, one);
    for (const UserValues& metric : result.metrics) {
      if (metric.name.starts_with("ndcg@")) return metric.value();
    }
    return 0;
  }

  void train_epoch(Towers& towers, Descent& descent, const Setting& setting, std::uint64_t seed, int epoch) const {
    const std::int64_t size = pair_users_.size();
    const Permutation order(size, Random(seed, Stream::shuffle), static_cast<std::uint32_t>(epoch));
    Matrix users(batch, views_ * width_), items(batch, width_), numbers(batch, numbers_.columns());
    Array<float> log_share(batch);
    Array<std::int32_t> ids(batch);
    for (std::int64_t first = 0; first < size; first += batch) {
      const std::int64_t n = std::min(batch, size - first);
      for (std::int64_t k = 0; k < n; ++k) {
        const std::int64_t p = order(first + k);
        const std::int32_t user = pair_users_[p], item = pair_items_[p];
        std::copy(users_.row(user), users_.row(user) + users_.columns(), users.row(k));
        std::copy(items_.row(item), items_.row(item) + width_, items.row(k));
        std::copy(numbers_.row(item), numbers_.row(item) + numbers_.columns(), numbers.row(k));
        log_share[k] = log_share_[item];
        ids[k] = item;
      }
      towers.gradient({{users.data(), n, users.columns(), users.columns()},
                       {items.data(), n, width_, width_},
                       {numbers.data(), n, numbers.columns(), numbers.columns()},
                       {log_share.data(), n},
                       {ids.data(), n}},
                      descent.gradient());
      descent.step(setting.rate, setting.decay, towers.weights(), towers.decaying());
    }
  }

  Trained<Towers> train(const Setting& setting, std::uint64_t seed) const {
    Towers towers = initial(seed);
    Descent descent(towers.parameters());
    return train_to_best(
        std::move(towers), [&](Towers& t, int epoch) { train_epoch(t, descent, setting, seed, epoch); },
        [&](Towers& t) { return -validate(t); });
  }

  RankVerdict verdict_of(const Trained<Towers>& trained, const Setting& setting) const {
    Towers towers = trained.model;
    RankVerdict verdict;
    verdict.vectors = final_vectors(towers);
    verdict.validation = -trained.loss;
    verdict.epochs = trained.epochs;
    verdict.setting = {{"decay", setting.decay}, {"learning_rate", setting.rate}};
    if (trained.epochs > 0) {
      if (setting.rate == rates.back()) verdict.edges.emplace_back("learning_rate");
      if (setting.decay == decays.front() || setting.decay == decays.back()) verdict.edges.emplace_back("decay");
    }
    if (trained.epochs == most_epochs) verdict.edges.emplace_back("epochs");
    verdict.parameters = towers.parameters();
    return verdict;
  }

  const RankingCase& work_;
  std::int64_t width_, views_;
  Array<std::int32_t> pair_users_, pair_items_;
  Matrix users_, items_, numbers_;
  Array<float> log_share_;
};

}  // namespace

std::vector<RankVerdict> rank_by_two_tower(const RankingCase& work, Span<const std::uint64_t> seeds) {
  return TwoTower(work).verdicts(seeds);
}

}  // namespace embrace::judge
