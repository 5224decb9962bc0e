// slim: weights of items on items, none negative and most of them zero, that explain best what users have by what else
// they have. Every rating is a positive, whatever its value.
// Ning and Karypis 2011 ("SLIM: Sparse linear methods for top-N recommender systems"), equation 3; X the users × items
// matrix of ones where there is a rating, a problem for each of its columns:
//   minimize 1/2 |x_j - X w|² + λ/2 |w|² + λ₁ |w|₁ over w ≥ 0 with w_j = 0
// by coordinate descent (Friedman, Hastie, Tibshirani 2010, "Regularization paths for generalized linear models via
// coordinate descent", section 2): with what is left, e = x_j - X w, of which Σ_u∈i e_u is the sum over those who have
// i,
//   w_i ← max(0, (Σ_u∈i e_u + n_i w_i - λ₁) / (n_i + λ))
// over the items that have a weight, until they rest; then all others are looked at once for such as want one.
// score(u, i) = Σ_j w_ji over the items j of u. Cost: for each item and sweep, the ratings of the items that have a
// weight; memory for one number a user and an item, and the weights: no matrix of items × items.
#include <algorithm>
#include <cmath>
#include <limits>

#include "host/array.hpp"
#include "host/learning/item_trainer.hpp"
#include "host/math/row_schedule.hpp"
#include "host/sparse.hpp"

namespace embrace::cpu {
namespace {

constexpr float tolerance = 1e-4F;  // of the largest weight: moves that are smaller are no moves
constexpr int most_sweeps = 100;    // over the items that have a weight
constexpr int most_rounds = 20;     // in which others get one

struct Weight {
  std::int32_t item;
  float weight;
};

/// One column after the other; a worker's.
class ColumnSolver {
 public:
  ColumnSolver(CsrView ratings, CsrView by_item, const Hyper& hyper)
      : ratings_(ratings),
        by_item_(by_item),
        ridge_(static_cast<float>(hyper["regularization"])),
        lasso_(static_cast<float>(hyper["l1"])),
        left_(ratings.rows),
        weights_(ratings.columns),
        wanted_(ratings.columns) {}

  /// Weights to item j, ascending by item; adds what is left of the loss, with its penalties, to `loss`.
  Array<Weight> solve(std::int32_t j, double& loss) {
    std::fill(left_.begin(), left_.end(), 0.0F);
    for (const std::int32_t u : by_item_.row_indices(j)) left_[u] = 1;
    active_.clear();
    largest_ = 0;
    for (int round = 0; round < most_rounds && activate(j); ++round) {
      for (int sweep = 0; sweep < most_sweeps && move_all(); ++sweep) {
        std::erase_if(active_, [&](std::int32_t i) { return weights_[i] == 0; });
      }
    }
    return take(loss);
  }

 private:
  float denominator(std::int32_t i) const { return static_cast<float>(by_item_.row_size(i)) + ridge_; }

  /// Adds the items that would get a weight; false when there are none.
  bool activate(std::int32_t j) {
    for (std::int64_t u = 0; u < ratings_.rows; ++u) {
      if (left_[u] == 0) continue;
      for (const std::int32_t i : ratings_.row_indices(u)) wanted_[i] += left_[u];
    }
    const std::int64_t before = active_.size();
    for (std::int64_t i = 0; i < ratings_.columns; ++i) {
      const auto item = static_cast<std::int32_t>(i);
      const float least = std::max(tolerance * largest_ * denominator(item), std::numeric_limits<float>::min());
      if (wanted_[i] - lasso_ > least && weights_[i] == 0 && item != j) active_.push_back(item);
      wanted_[i] = 0;
    }
    return active_.size() > before;
  }

  /// Once each weight to its minimum while the others rest; false when none moved.
  bool move_all() {
    float largest_move = 0;
    largest_ = 0;
    for (const std::int32_t i : active_) {
      const auto users = by_item_.row_indices(i);
      float sum = 0;
      for (const std::int32_t u : users) sum += left_[u];
      const auto n = static_cast<float>(users.size());
      const float weight = std::max(0.0F, (sum + n * weights_[i] - lasso_) / denominator(i));
      const float move = weight - weights_[i];
      if (move != 0) {
        for (const std::int32_t u : users) left_[u] -= move;
        weights_[i] = weight;
      }
      largest_ = std::max(largest_, weight);
      largest_move = std::max(largest_move, std::fabs(move));
    }
    return largest_move > tolerance * largest_;
  }

  Array<Weight> take(double& loss) {
    std::sort(active_.begin(), active_.end());
    Array<Weight> taken;
    for (const float left : left_) loss += static_cast<double>(left) * static_cast<double>(left) / 2;
    for (const std::int32_t i : active_) {
      const auto weight = static_cast<double>(weights_[i]);
      loss += static_cast<double>(ridge_) / 2 * weight * weight + static_cast<double>(lasso_) * weight;
      taken.push_back({i, weights_[i]});
      weights_[i] = 0;
    }
    return taken;
  }

  CsrView ratings_, by_item_;
  float ridge_, lasso_;
  Array<float> left_;     // of each user
  Array<float> weights_;  // of each item, on the column at hand
  Array<float> wanted_;
  Array<std::int32_t> active_;
  float largest_ = 0;
};

class Slim final : public ItemTrainer {
 public:
  explicit Slim(const Problem& problem) : ItemTrainer(problem), ratings_(problem.ratings), by_item_(problem.by_item) {
    for (int worker = 0; worker < threads_.count(); ++worker) solvers_.emplace_back(ratings_, by_item_, problem.hyper);
  }

  EpochResult epoch() override {
    const RowSchedule schedule(by_item_);
    Array<Array<Weight>> columns(items_);
    Array<double> losses(items_);
    threads_.for_each(schedule.tasks(), [&](std::int64_t task, int worker) {
      for (const std::int32_t j : schedule.rows(task)) columns[j] = solvers_[worker].solve(j, losses[j]);
    });
    Csr to_item;
    to_item.columns = items_;
    double loss = 0;
    for (std::int64_t j = 0; j < items_; ++j) {
      loss += losses[j];
      for (const Weight& weight : columns[j]) {
        to_item.indices.push_back(weight.item);
        to_item.values.push_back(weight.weight);
      }
      to_item.offsets.push_back(to_item.entries());
    }
    from_item_ = transposed(to_item.view(), threads_);
    return {loss / static_cast<double>(std::max<std::int64_t>(1, ratings_.entries())), ratings_.entries()};
  }

 private:
  void add_weights(std::int32_t item, float* scores) const override {
    const auto others = from_item_.view().row_indices(item);
    const auto weights = from_item_.view().row_values(item);
    for (std::int64_t n = 0; n < others.size(); ++n) scores[others[n]] += weights[n];
  }

  CsrView ratings_, by_item_;
  Array<ColumnSolver> solvers_;
  Csr from_item_;
};

}  // namespace

MethodInfo slim_info() {
  return {"items",
          "Sparse weights of movies on movies, none negative, by coordinate descent",
          "Ning and Karypis 2011, equation 3; Friedman, Hastie, Tibshirani 2010, section 2",
          {.rating = false, .fold_in = true, .closed_form = true, .chance = false},
          {{"regularization", 200, 200, 0, 1e9, false, "of the weights' squares"},
           {"l1", 1, 1, 0, 1e9, false, "of the weights: what is not worth it stays zero"}},
          {0.0, 1e-3, "sums in another order: near ties change places"},
          {{"regularization", 10, 3000}, {"l1", 0.01, 30}}};
}

std::unique_ptr<Trainer> make_slim(const Problem& problem) { return std::make_unique<Slim>(problem); }

}  // namespace embrace::cpu
