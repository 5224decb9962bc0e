// The judges `mlp` and `cross`: a linear part in closed form, of biases and dot products, then a network on what is
// left (host/judge/network.hpp). 3 rates × 2 decays × 2 shares of dropout are tried with seed 1, and the epoch at which
// to stop is chosen for each seed, both on the validation part; epoch 0 is the linear part alone.
#include <algorithm>
#include <chrono>
#include <cmath>
#include <optional>

#include "host/error.hpp"
#include "host/judge/bias_ridge.hpp"
#include "host/judge/judge.hpp"
#include "host/judge/network.hpp"
#include "host/math/adam.hpp"
#include "host/permutation.hpp"

namespace embrace::judge {
namespace {

using Clock = std::chrono::steady_clock;

constexpr FixedArray<double, 3> rates{{0.0003, 0.001, 0.003}};
constexpr FixedArray<double, 2> decays{{0.01, 0.3}};
constexpr FixedArray<double, 2> dropouts{{0.1, 0.4}};
constexpr FixedArray<double, 3> bias_penalties{{2, 6, 18}};
constexpr double product_penalty = 0.003;  // times the number of ratings
constexpr std::int64_t batch = 256;
constexpr int most_epochs = 40;
constexpr int patience = 4;  // epochs without a better one

struct Setting {
  double rate = 0, decay = 0, dropout = 0;
};

/// The linear part: what it says of pairs, and its weights of the dot products.
struct LinearPart {
  RidgeSolution solution;
  bool item_biases = true;

  float constant(std::int32_t user, std::int32_t item) const {
    return static_cast<float>(solution.intercept + solution.user_bias[user] +
                              (item_biases ? solution.item_bias[item] : 0.0));
  }
};

/// What one training came to.
struct Trained {
  double validation = 0;
  int epochs = 0;
  Array<float> weights;
};

class NetworkJudge {
 public:
  NetworkJudge(const RatingCase& work, bool cross)
      : work_(work),
        cross_(cross),
        columns_(work.inputs.columns()),
        products_(work.inputs.products()),
        pairs_(pairs_of(work.fit.view())) {
    choose_linear_part();
    for (std::int64_t p = 0; p < pairs_.size(); ++p) {
      targets_.push_back(pairs_.ratings[p] - linear_.constant(pairs_.users[p], pairs_.items[p]));
    }
  }

  std::vector<Verdict> verdicts(Span<const std::uint64_t> seeds) {
    const auto begin = Clock::now();
    std::vector<Setting> settings;
    for (const double rate : rates) {
      for (const double decay : decays) {
        for (const double dropout : dropouts) settings.push_back({rate, decay, dropout});
      }
    }
    std::vector<Trained> tried(settings.size());
    work_.threads.for_each(static_cast<std::int64_t>(settings.size()), [&](std::int64_t s, int) {
      tried[static_cast<std::size_t>(s)] = train(settings[static_cast<std::size_t>(s)], 1);
    });
    const auto best = std::min_element(tried.begin(), tried.end(),
                                       [](const Trained& a, const Trained& b) { return a.validation < b.validation; });
    const Setting chosen = settings[static_cast<std::size_t>(best - tried.begin())];
    std::vector<Verdict> all(static_cast<std::size_t>(seeds.size()));
    work_.threads.for_each(seeds.size(), [&](std::int64_t s, int) {
      const auto started = Clock::now();
      const Trained trained = seeds[s] == 1 ? *best : train(chosen, seeds[s]);
      Verdict& verdict = all[static_cast<std::size_t>(s)];
      verdict = verdict_of(trained, chosen);
      verdict.seconds = std::chrono::duration<double>(Clock::now() - started).count();
    });
    const double seconds = std::chrono::duration<double>(Clock::now() - begin).count();
    for (std::size_t s = 1; s < all.size(); ++s) all[0].seconds = seconds - all[s].seconds;
    return all;
  }

 private:
  static RatedPairs pairs_of(CsrView ratings) {
    RatedPairs pairs;
    for (std::int64_t u = 0; u < ratings.rows; ++u) {
      for (std::int64_t e = ratings.offsets[u]; e < ratings.offsets[u + 1]; ++e) {
        pairs.users.push_back(static_cast<std::int32_t>(u));
        pairs.items.push_back(ratings.indices[e]);
        pairs.ratings.push_back(ratings.values[e]);
      }
    }
    return pairs;
  }

  /// The last columns alone, for the ridge.
  void fill_products(Span<const std::int32_t> users, Span<const std::int32_t> items, MatrixView out) const {
    Matrix all(users.size(), columns_);
    work_.inputs.fill(users, items, all.view());
    for (std::int64_t p = 0; p < users.size(); ++p) {
      std::copy(all.row(p) + columns_ - products_, all.row(p) + columns_, out.row(p));
    }
  }

  void choose_linear_part() {
    const BiasRidge ridge(
        work_.fit.view(), products_, [&](auto users, auto items, MatrixView out) { fill_products(users, items, out); },
        work_.threads);
    std::optional<std::pair<double, LinearPart>> best;
    for (const double penalty : bias_penalties) {
      linear_ = {ridge.solve(penalty, product_penalty * static_cast<double>(work_.fit.entries())), work_.item_biases};
      Network network = initial(1);
      const double rmse = validate(network);
      if (!best || rmse < best->first) best.emplace(rmse, linear_);
    }
    linear_ = std::move(best->second);
  }

  Network initial(std::uint64_t seed) const {
    Network network(columns_ - products_, products_, cross_, seed);
    for (std::int64_t k = 0; k < products_; ++k) {
      network.product_weights()[k] = static_cast<float>(linear_.solution.weights[k]);
    }
    return network;
  }

  Array<float> predict(Network& network, const RatedPairs& pairs) const {
    Array<float> out(pairs.size());
    Matrix x(batch, columns_);
    for (std::int64_t first = 0; first < pairs.size(); first += batch) {
      const std::int64_t n = std::min(batch, pairs.size() - first);
      work_.inputs.fill({pairs.users.data() + first, n}, {pairs.items.data() + first, n}, x.view());
      network.predict({x.data(), n, columns_, columns_}, {out.data() + first, n});
      for (std::int64_t p = first; p < first + n; ++p) out[p] += linear_.constant(pairs.users[p], pairs.items[p]);
    }
    return out;
  }

  double validate(Network& network) const {
    return clipped_rmse(predict(network, work_.validation), work_.validation.ratings, work_.scale);
  }

  /// One pass over the ratings in the epoch's order.
  struct Moments {
    Array<float> gradient, m, v;
    std::int64_t steps = 0;
    explicit Moments(std::int64_t n) : gradient(n, 0.0F), m(n, 0.0F), v(n, 0.0F) {}
  };
  void train_epoch(Network& network, Moments& moments, const Setting& setting, std::uint64_t seed, int epoch) const {
    const Permutation order(pairs_.size(), Random(seed, Stream::shuffle), static_cast<std::uint32_t>(epoch));
    Matrix x(batch, columns_);
    Array<std::int32_t> users(batch), items(batch);
    Array<float> targets(batch);
    for (std::int64_t first = 0; first < pairs_.size(); first += batch) {
      const std::int64_t n = std::min(batch, pairs_.size() - first);
      for (std::int64_t k = 0; k < n; ++k) {
        const std::int64_t p = order(first + k);
        users[k] = pairs_.users[p];
        items[k] = pairs_.items[p];
        targets[k] = targets_[p];
      }
      work_.inputs.fill({users.data(), n}, {items.data(), n}, x.view());
      const auto sample = static_cast<std::uint64_t>(epoch) * static_cast<std::uint64_t>(pairs_.size());
      network.gradient({x.data(), n, columns_, columns_}, {targets.data(), n},
                       {setting.dropout, Random(seed, Stream::dropout), sample + static_cast<std::uint64_t>(first)},
                       moments.gradient);
      ++moments.steps;
      const std::int64_t decaying = network.decaying(), rest = network.parameters() - decaying;
      adam({setting.rate, setting.decay, moments.steps}, moments.gradient.data(), network.weights().data(),
           moments.m.data(), moments.v.data(), decaying);
      adam({setting.rate, 0, moments.steps}, moments.gradient.data() + decaying, network.weights().data() + decaying,
           moments.m.data() + decaying, moments.v.data() + decaying, rest);
    }
  }

  Trained train(const Setting& setting, std::uint64_t seed) const {
    Network network = initial(seed);
    Trained best{validate(network), 0, network.weights()};
    Moments moments(network.parameters());
    for (int epoch = 1; epoch <= most_epochs && epoch <= best.epochs + patience; ++epoch) {
      train_epoch(network, moments, setting, seed, epoch);
      const double rmse = validate(network);
      if (!std::isfinite(rmse)) throw Diverged("the judge's loss is not finite");
      if (rmse < best.validation) best = {rmse, epoch, network.weights()};
    }
    return best;
  }

  Verdict verdict_of(const Trained& trained, const Setting& setting) const {
    Network network = initial(1);
    network.weights() = trained.weights;
    Verdict verdict;
    verdict.predictions = predict(network, work_.test);
    for (float& p : verdict.predictions) p = std::clamp(p, work_.scale.lowest, work_.scale.highest);
    verdict.validation = trained.validation;
    verdict.epochs = trained.epochs;
    verdict.setting = {{"decay", setting.decay}, {"dropout", setting.dropout}, {"learning_rate", setting.rate}};
    // Of two values neither is an edge. A slow rate and no epoch at all say the same: there is nothing to learn.
    if (trained.epochs > 0 && setting.rate == rates.back()) verdict.edges.emplace_back("learning_rate");
    if (trained.epochs == most_epochs) verdict.edges.emplace_back("epochs");
    verdict.parameters = network.parameters();
    return verdict;
  }

  const RatingCase& work_;
  bool cross_;
  std::int64_t columns_, products_;
  RatedPairs pairs_;
  LinearPart linear_;
  Array<float> targets_;
};

}  // namespace

std::vector<Verdict> rate_by_mlp(const RatingCase& work, Span<const std::uint64_t> seeds) {
  return NetworkJudge(work, false).verdicts(seeds);
}

std::vector<Verdict> rate_by_cross(const RatingCase& work, Span<const std::uint64_t> seeds) {
  return NetworkJudge(work, true).verdicts(seeds);
}

}  // namespace embrace::judge
