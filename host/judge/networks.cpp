// The judges `mlp` and `cross` on the processor: a linear part in closed form, then a network on what is left
// (host/judge/network.hpp). Vectors that are not frozen (host/judge/free_vectors.hpp) are trained with the network, at
// its rate and with its decay.
#include <algorithm>
#include <optional>

#include "host/judge/network.hpp"
#include "host/judge/network_verdicts.hpp"
#include "host/permutation.hpp"

namespace embrace::judge {
namespace {

/// What a training moves.
struct Model {
  Network network;
  std::optional<FreeVectors> vectors;  // none: they are frozen
};

class NetworkLearner {
 public:
  NetworkLearner(const RatingCase& work, bool cross)
      : work_(work),
        cross_(cross),
        free_(work.vectors != VectorMode::frozen),
        linear_columns_(linear_columns(work.inputs)),
        linear_(choose_linear_part(work)),
        pairs_(pairs_to_learn(work, linear_)) {
    const std::optional<FreeVectors> vectors = free_vectors(1);
    columns_ = inputs_of(vectors).columns();
  }

  Trained<Model> train(const NetworkSetting& setting, std::uint64_t seed) const {
    Model model = initial(seed);
    Descents descents{Descent(model.network.parameters()), Descent(free_ ? model.vectors->parameters() : 0)};
    return train_to_best(
        std::move(model), [&](Model& m, int epoch) { train_epoch(m, descents, setting, seed, epoch); },
        [&](Model& m) { return clipped_rmse(predict(m, work_.validation), work_.validation.ratings, work_.scale); });
  }

  Verdict verdict_of(const Trained<Model>& trained, const NetworkSetting& setting) const {
    Model model = trained.model;
    Verdict verdict = network_verdict(work_, setting, trained.loss, trained.epochs, predict(model, work_.test));
    if (work_.vectors == VectorMode::fine_tuned) verdict.setting.emplace_back("moved", model.vectors->moved());
    verdict.parameters = model.network.parameters() + (free_ ? model.vectors->parameters() : 0);
    return verdict;
  }

 private:
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
    Matrix x(network_batch, columns_);
    for (std::int64_t first = 0; first < pairs.size(); first += network_batch) {
      const std::int64_t n = std::min(network_batch, pairs.size() - first);
      inputs.fill({pairs.users.data() + first, n}, {pairs.items.data() + first, n}, x.view());
      model.network.predict({x.data(), n, columns_, columns_}, {out.data() + first, n});
      for (std::int64_t p = first; p < first + n; ++p) out[p] += linear_.constant(pairs.users[p], pairs.items[p]);
    }
    return out;
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
  void train_epoch(Model& model, Descents& descents, const NetworkSetting& setting, std::uint64_t seed,
                   int epoch) const {
    const PairInputs inputs = inputs_of(model.vectors);
    const Permutation order(pairs_.size(), Random(seed, Stream::shuffle), static_cast<std::uint32_t>(epoch));
    Matrix x(network_batch, columns_), by_samples(free_ ? network_batch : 0, columns_);
    Array<std::int32_t> users(network_batch), items(network_batch);
    Array<float> targets(network_batch);
    for (std::int64_t first = 0; first < pairs_.size(); first += network_batch) {
      const std::int64_t n = std::min(network_batch, pairs_.size() - first);
      for (std::int64_t k = 0; k < n; ++k) {
        const std::int64_t p = order(first + k);
        users[k] = pairs_.users[p];
        items[k] = pairs_.items[p];
        targets[k] = pairs_.ratings[p];
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
      descents.network.step(setting.rate, setting.decay, model.network.weights(), model.network.layout().decaying);
    }
    if (free_) model.vectors->update_all_users();
  }

  const RatingCase& work_;
  bool cross_, free_;
  std::int64_t columns_ = 0, linear_columns_;  // of the inputs, free vectors among them
  LinearPart linear_;
  RatedPairs pairs_;
};

}  // namespace

std::vector<Verdict> rate_by_mlp(const RatingCase& work, Span<const std::uint64_t> seeds) {
  return network_verdicts(NetworkLearner(work, false), seeds, work.threads);
}

std::vector<Verdict> rate_by_cross(const RatingCase& work, Span<const std::uint64_t> seeds) {
  return network_verdicts(NetworkLearner(work, true), seeds, work.threads);
}

}  // namespace embrace::judge
