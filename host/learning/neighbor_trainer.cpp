#include "host/learning/neighbor_trainer.hpp"

#include <algorithm>
#include <utility>

namespace embrace {

NeighborTrainer::NeighborTrainer(const Problem& problem)
    : RowTrainer(problem),
      settings_{.count = problem.hyper.integer("neighbors"),
                .shrinkage = problem.hyper["shrinkage"],
                .exponent = problem.hyper["exponent"]},
      history_(problem.ratings),
      ratings_(problem.ratings),
      by_item_(problem.by_item),
      damping_(static_cast<float>(problem.hyper["damping"])) {
  if (problem.task == Task::rating) biases_ = fit_biases(ratings_, by_item_, threads_);
  by_user_values_ = values_of(ratings_);
  for (std::int64_t e = 0; e < by_item_.entries(); ++e) {
    by_item_values_.push_back(by_user_values_[problem.by_item_order[e]]);
  }
  history_.fold_in(by_user());
}

Array<float> NeighborTrainer::values_of(CsrView ratings) const {
  Array<float> values(ratings.entries(), 1.0F);
  if (!biases_) return values;
  for (std::int64_t u = 0; u < ratings.rows; ++u) {
    for (std::int64_t e = ratings.offsets[u]; e < ratings.offsets[u + 1]; ++e) {
      values[e] = ratings.values[e] - biases_->of(u, ratings.indices[e]);
    }
  }
  return values;
}

void NeighborTrainer::fold_in(CsrView ratings) {
  if (biases_) {
    Array<float> bias(ratings.rows);
    solve_biases(ratings, biases_->mean, Biases::user_regularization, biases_->items, bias, threads_);
    for (std::int64_t u = 0; u < ratings.rows; ++u) {
      if (ratings.row_size(u) > 0) biases_->users[u] = bias[u];
    }
  }
  const Array<float> values = values_of(ratings);
  history_.fold_in(with_values(ratings, values));
  know(with_values(ratings, values));
}

void NeighborTrainer::score_user(std::int32_t user, float* scores) const {
  std::fill_n(scores, items_, 0.0F);
  if (!biases_) {
    ask_neighbors(user, scores, nullptr);
    return;
  }
  Array<float> weights(items_);
  ask_neighbors(user, scores, weights.data());
  for (std::int64_t i = 0; i < items_; ++i) {
    scores[i] = biases_->of(user, i) + (weights[i] > 0 ? scores[i] / (weights[i] + damping_) : 0.0F);
  }
}

EpochResult NeighborTrainer::result_of(const Csr& neighbors) const {
  double sum = 0;
  for (const float similarity : neighbors.values) sum += static_cast<double>(similarity);
  return {sum / static_cast<double>(std::max<std::int64_t>(1, neighbors.entries())), ratings_.entries()};
}

}  // namespace embrace
