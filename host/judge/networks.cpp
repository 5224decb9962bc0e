// The judges `mlp` and `cross`: a linear part in closed form, of biases, dot products and habits, then a network on
// what is left (host/judge/network.hpp). 3 rates × 2 decays × 2 shares of dropout are tried with seed 1, and the epoch
// at which to stop is chosen for each seed, both on the validation part; epoch 0 is the linear part alone. Vectors that
// are not frozen (host/judge/free_vectors.hpp) are trained with the network, at its rate and with its decay.
#include <algorithm>
#include <optional>

#include "host/judge/bias_ridge.hpp"
#include "host/judge/judge.hpp"
#include "host/judge/network.hpp"
#include "host/judge/training.hpp"
#include "host/permutation.hpp"

namespace embrace::judge {
namespace {

constexpr FixedArray<double, 3> rates{{0.001, 0.003, 0.01}};
constexpr FixedArray<double, 2> decays{{0.01, 0.3}};
constexpr FixedArray<double, 2> dropouts{{0.1, 0.4}};
constexpr FixedArray<double, 3> bias_penalties{{1, 5, 25}};
constexpr double product_penalty = 0.003;  // times the number of ratings
constexpr std::int64_t batch = 256;

struct Setting {
  double rate = 0, decay = 0, dropout = 0;
};

/// The linear part: what it says of pairs, and its weights of dot products and habits.
struct LinearPart {
  RidgeSolution solution;
  bool item_biases = true;

  float constant(std::int32_t user, std::int32_t item) const {
    return static_cast<float>(solution.intercept + solution.user_bias[user] +
                              (item_biases ? solution.item_bias[item] : 0.0));
  }
};

/// What a training moves.
struct Model {
  Network network;
  std::optional<FreeVectors> vectors;  // none: they are frozen
};

class NetworkJudge {
 public:
  NetworkJudge(const RatingCase& work, bool cross)
      : work_(work),
        cross_(cross),
        free_(work.vectors != VectorMode::frozen),
        linear_columns_(work.inputs.products() + work.inputs.habits()),
        pairs_(pairs_of(work.fit.view())) {
    const std::optional<FreeVectors> vectors = free_vectors(1);
    columns_ = inputs_of(vectors).columns();
    choose_linear_part();
    for (std::int64_t p = 0; p < pairs_.size(); ++p) {
      targets_.push_back(pairs_.ratings[p] - linear_.constant(pairs_.users[p], pairs_.items[p]));
    }
  }

  std::vector<Verdict> verdicts(Span<const std::uint64_t> seeds) {
    std::vector<Setting> settings;
    for (const double rate : rates) {
      for (const double decay : decays) {
        for (const double dropout : dropouts) settings.push_back({rate, decay, dropout});
      }
    }
    return choose_and_train<Verdict>(
        settings, seeds, work_.threads,
        [&](const Setting& setting, std::uint64_t seed) { return train(setting, seed); },
        [&](const Trained<Model>& trained, const Setting& setting) { return verdict_of(trained, setting); });
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
  void fill_linear(Span<const std::int32_t> users, Span<const std::int32_t> items, MatrixView out) const {
    const std::int64_t columns = work_.inputs.columns();
    Matrix all(users.size(), columns);
    work_.inputs.fill(users, items, all.view());
    for (std::int64_t p = 0; p < users.size(); ++p) {
      std::copy(all.row(p) + columns - linear_columns_, all.row(p) + columns, out.row(p));
    }
  }

  void choose_linear_part() {
    const BiasRidge ridge(
        work_.fit.view(), linear_columns_, work_.inputs.habits(),
        [&](auto users, auto items, MatrixView out) { fill_linear(users, items, out); }, work_.threads);
    std::optional<std::pair<double, LinearPart>> best;
    for (const double penalty : bias_penalties) {
      linear_ = {ridge.solve(penalty, product_penalty * static_cast<double>(work_.fit.entries())), work_.item_biases};
      Model model = initial(1);
      const double rmse = validate(model);
      if (!best || rmse < best->first) best.emplace(rmse, linear_);
    }
    linear_ = std::move(best->second);
  }

  std::optional<FreeVectors> free_vectors(std::uint64_t seed) const {
    if (!free_) return std::nullopt;
    return FreeVectors(*work_.profiles, work_.fit.view(), work_.vectors, seed);
  }

  PairInputs inputs_of(const std::optional<FreeVectors>& vectors) const {
    return vectors ? work_.inputs.with(vectors->users(), vectors->items()) : work_.inputs;
  }

  /// A dot product of free vectors that begin as nothing weighs 1: at 0 neither would learn from the other.
  Model initial(std::uint64_t seed) const {
    Model model{{columns_ - linear_columns_, linear_columns_, cross_, seed}, free_vectors(seed)};
    for (std::int64_t k = 0; k < linear_columns_; ++k) {
      const auto weight = static_cast<float>(linear_.solution.weights[k]);
      model.network.linear_weights()[k] = free_ && weight == 0 && k < work_.inputs.products() ? 1.0F : weight;
    }
    return model;
  }

  Array<float> predict(Model& model, const RatedPairs& pairs) const {
    const PairInputs inputs = inputs_of(model.vectors);
    Array<float> out(pairs.size());
    Matrix x(batch, columns_);
    for (std::int64_t first = 0; first < pairs.size(); first += batch) {
      const std::int64_t n = std::min(batch, pairs.size() - first);
      inputs.fill({pairs.users.data() + first, n}, {pairs.items.data() + first, n}, x.view());
      model.network.predict({x.data(), n, columns_, columns_}, {out.data() + first, n});
      for (std::int64_t p = first; p < first + n; ++p) out[p] += linear_.constant(pairs.users[p], pairs.items[p]);
    }
    return out;
  }

  double validate(Model& model) const {
    return clipped_rmse(predict(model, work_.validation), work_.validation.ratings, work_.scale);
  }

  struct Descents {
    Descent network, vectors;
  };

  /// Gradients by the samples become those by the free vectors.
  void pass_to_vectors(const PairInputs& inputs, const FreeVectors& vectors, Span<const std::int32_t> users,
                       Span<const std::int32_t> items, ConstMatrixView by_samples, Array<float>& gradient) const {
    std::fill(gradient.begin(), gradient.end(), 0.0F);
    Array<float> by_user(vectors.users().rows.columns()), by_item(vectors.items().rows.columns());
    for (std::int64_t k = 0; k < users.size(); ++k) {
      std::fill(by_user.begin(), by_user.end(), 0.0F);
      std::fill(by_item.begin(), by_item.end(), 0.0F);
      inputs.add_gradient(users[k], items[k], by_samples.row(k), by_user.data(), by_item.data());
      vectors.add_gradient(users[k], items[k], by_user.data(), by_item.data(), gradient);
    }
  }

  /// One pass over the ratings in the epoch's order.
  void train_epoch(Model& model, Descents& descents, const Setting& setting, std::uint64_t seed, int epoch) const {
    const PairInputs inputs = inputs_of(model.vectors);
    const Permutation order(pairs_.size(), Random(seed, Stream::shuffle), static_cast<std::uint32_t>(epoch));
    Matrix x(batch, columns_), by_samples(free_ ? batch : 0, columns_);
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
      if (free_) model.vectors->update_users({users.data(), n});
      inputs.fill({users.data(), n}, {items.data(), n}, x.view());
      const auto sample = static_cast<std::uint64_t>(epoch) * static_cast<std::uint64_t>(pairs_.size());
      model.network.gradient(
          {x.data(), n, columns_, columns_}, {targets.data(), n},
          {setting.dropout, Random(seed, Stream::dropout), sample + static_cast<std::uint64_t>(first)},
          descents.network.gradient(), free_ ? std::optional(by_samples.view()) : std::nullopt);
      if (free_) {
        pass_to_vectors(inputs, *model.vectors, {users.data(), n}, {items.data(), n}, by_samples.view(),
                        descents.vectors.gradient());
        descents.vectors.step(setting.rate, setting.decay, model.vectors->weights(), model.vectors->parameters());
        model.vectors->update_items();
      }
      descents.network.step(setting.rate, setting.decay, model.network.weights(), model.network.decaying());
    }
    if (free_) model.vectors->update_all_users();
  }

  Trained<Model> train(const Setting& setting, std::uint64_t seed) const {
    Model model = initial(seed);
    Descents descents{Descent(model.network.parameters()), Descent(free_ ? model.vectors->parameters() : 0)};
    return train_to_best(
        std::move(model), [&](Model& m, int epoch) { train_epoch(m, descents, setting, seed, epoch); },
        [&](Model& m) { return validate(m); });
  }

  Verdict verdict_of(const Trained<Model>& trained, const Setting& setting) const {
    Model model = trained.model;
    Verdict verdict;
    verdict.predictions = predict(model, work_.test);
    for (float& p : verdict.predictions) p = std::clamp(p, work_.scale.lowest, work_.scale.highest);
    verdict.validation = trained.loss;
    verdict.epochs = trained.epochs;
    verdict.setting = {{"decay", setting.decay}, {"dropout", setting.dropout}, {"learning_rate", setting.rate}};
    if (work_.vectors == VectorMode::fine_tuned) verdict.setting.emplace_back("moved", model.vectors->moved());
    // Of two values neither is an edge. A slow rate and no epoch at all say the same: there is nothing to learn.
    if (trained.epochs > 0 && setting.rate == rates.back()) verdict.edges.emplace_back("learning_rate");
    if (trained.epochs == most_epochs) verdict.edges.emplace_back("epochs");
    verdict.parameters = model.network.parameters() + (free_ ? model.vectors->parameters() : 0);
    return verdict;
  }

  const RatingCase& work_;
  bool cross_, free_;
  std::int64_t columns_ = 0, linear_columns_;  // of the inputs, free vectors among them
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
