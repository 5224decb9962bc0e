// The judge `two-tower`: 3 rates × 2 decays are tried with seed 1, and the epoch at which to stop is chosen for each
// seed, both by NDCG@10 on the validation part; epoch 0 is the items' popularity.
#include <algorithm>
#include <chrono>
#include <cmath>

#include "host/judge/rank.hpp"
#include "host/judge/towers.hpp"
#include "host/math/adam.hpp"
#include "host/metrics/ranking.hpp"
#include "host/permutation.hpp"

namespace embrace::judge {
namespace {

using Clock = std::chrono::steady_clock;

constexpr FixedArray<double, 4> rates{{0.001, 0.003, 0.01, 0.03}};
constexpr FixedArray<double, 3> decays{{0.01, 0.1, 1}};
constexpr std::int64_t batch = 256;
constexpr int most_epochs = 40;
constexpr int patience = 4;
constexpr int cut = 10;

struct Setting {
  double rate = 0, decay = 0;
};

struct Trained {
  double validation = -1;
  int epochs = 0;
  Array<float> weights;
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
    const auto begin = Clock::now();
    std::vector<Setting> settings;
    for (const double rate : rates) {
      for (const double decay : decays) settings.push_back({rate, decay});
    }
    std::vector<Trained> tried(settings.size());
    work_.threads.for_each(static_cast<std::int64_t>(settings.size()), [&](std::int64_t s, int) {
      tried[static_cast<std::size_t>(s)] = train(settings[static_cast<std::size_t>(s)], 1);
    });
    const auto best = std::max_element(tried.begin(), tried.end(),
                                       [](const Trained& a, const Trained& b) { return a.validation < b.validation; });
    const Setting chosen = settings[static_cast<std::size_t>(best - tried.begin())];
    std::vector<RankVerdict> all(static_cast<std::size_t>(seeds.size()));
    work_.threads.for_each(seeds.size(), [&](std::int64_t s, int) {
      const auto started = Clock::now();
      RankVerdict& verdict = all[static_cast<std::size_t>(s)];
      verdict = verdict_of(seeds[s] == 1 ? *best : train(chosen, seeds[s]), chosen);
      verdict.seconds = std::chrono::duration<double>(Clock::now() - started).count();
    });
    double rest = 0;
    for (std::size_t s = 1; s < all.size(); ++s) rest += all[s].seconds;
    all[0].seconds = std::max(0.0, std::chrono::duration<double>(Clock::now() - begin).count() - rest);
    return all;
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

  struct Moments {
    Array<float> gradient, m, v;
    std::int64_t steps = 0;
    explicit Moments(std::int64_t n) : gradient(n, 0.0F), m(n, 0.0F), v(n, 0.0F) {}
  };

  void train_epoch(Towers& towers, Moments& moments, const Setting& setting, std::uint64_t seed, int epoch) const {
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
                      moments.gradient);
      ++moments.steps;
      const std::int64_t decaying = towers.decaying(), rest = towers.parameters() - decaying;
      adam({setting.rate, setting.decay, moments.steps}, moments.gradient.data(), towers.weights().data(),
           moments.m.data(), moments.v.data(), decaying);
      adam({setting.rate, 0, moments.steps}, moments.gradient.data() + decaying, towers.weights().data() + decaying,
           moments.m.data() + decaying, moments.v.data() + decaying, rest);
    }
  }

  Trained train(const Setting& setting, std::uint64_t seed) const {
    Towers towers = initial(seed);
    Trained best{validate(towers), 0, towers.weights()};
    Moments moments(towers.parameters());
    for (int epoch = 1; epoch <= most_epochs && epoch <= best.epochs + patience; ++epoch) {
      train_epoch(towers, moments, setting, seed, epoch);
      const double ndcg = validate(towers);
      if (ndcg > best.validation) best = {ndcg, epoch, towers.weights()};
    }
    return best;
  }

  RankVerdict verdict_of(const Trained& trained, const Setting& setting) const {
    Towers towers = initial(1);
    towers.weights() = trained.weights;
    RankVerdict verdict;
    verdict.vectors = final_vectors(towers);
    verdict.validation = trained.validation;
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
