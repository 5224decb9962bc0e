// ease: an "embarrassingly shallow autoencoder", the weights of items on items that explain best what users have by
// what else they have. Every rating is a positive, whatever its value.
// Steck 2019 (arXiv 1905.03375), equations 2 to 8, with the dropout of Steck 2020 ("Autoencoders that don't overfit
// towards the identity", equation 4) and the relaxed diagonal of Moon, Kim and Lee 2023 ("It's enough: relaxing
// diagonal constraints in linear autoencoders for recommendation", equations 7 to 12). X the users × items matrix of
// ones where there is a rating, n_j the ones of a column, p the dropout, ξ the largest element that the diagonal may
// have:
//   minimize |X - X B|² + Σ_ij γ_i B_ij² over B with B_jj ≤ ξ,   γ_j = λ + n_j p / (1 - p)
//   P = (X'X + diag(γ))⁻¹   s_j = max(γ_j, (1 - ξ) / P_jj)   B = 1 - P diag(s)
// at which the minimum is Σ_j (γ_j - 2 γ_j s_j P_jj + s_j² P_jj), the objective; with ξ = 0 the diagonal is zero, and p
// = 0 is Steck's. score(u, i) = Σ_j B_ji over the items j of u; a user who has nothing scores 0 throughout. Cost: half
// of Σ n_u² additions, items³ floating-point operations, items² floats. The bits do not depend on threads.
#include <fmt/format.h>

#include <algorithm>
#include <new>

#include "host/array.hpp"
#include "host/error.hpp"
#include "host/learning/item_trainer.hpp"
#include "host/math/count_together.hpp"
#include "host/math/invert_symmetric.hpp"
#include "host/math/vector_math.hpp"
#include "host/matrix.hpp"

namespace embrace::cpu {
namespace {

Matrix square(std::int64_t items) {
  try {
    return {items, items};
  } catch (const std::bad_alloc&) {
    throw OutOfMemory(
        fmt::format("ease holds a weight for each pair of the {} items, {:.1f} GiB, more than is free; methods of "
                    "vectors, such as ials, need less, and so do fewer items",
                    items, 4 * static_cast<double>(items) * static_cast<double>(items) / 0x1p30));
  }
}

class Ease final : public ItemTrainer {
 public:
  explicit Ease(const Problem& problem)
      : ItemTrainer(problem),
        ratings_(problem.ratings),
        by_item_(problem.by_item),
        regularization_(problem.hyper["regularization"]),
        dropout_(problem.hyper["dropout"]),
        diagonal_(problem.hyper["diagonal"]),
        weights_(square(problem.items())) {}

  EpochResult epoch() override {
    const std::int64_t items = weights_.rows();
    count_together(ratings_, by_item_, weights_.view(), threads_);
    Array<float> ridge(items);
    for (std::int64_t i = 0; i < items; ++i) {
      ridge[i] = static_cast<float>(regularization_ + static_cast<double>(weights_(i, i)) * dropout_ / (1 - dropout_));
      weights_(i, i) += ridge[i];
    }
    try {
      invert_symmetric(weights_.view(), threads_);
    } catch (const Diverged& error) {
      throw Diverged(std::string(error.what()) + "; raise regularization");
    }
    double loss = 0;
    Array<float> scale(items);
    for (std::int64_t j = 0; j < items; ++j) {
      const auto p = static_cast<double>(weights_(j, j)), gamma = static_cast<double>(ridge[j]);
      const double s = std::max(gamma, (1 - diagonal_) / p);
      scale[j] = static_cast<float>(-s);
      loss += gamma - 2 * gamma * s * p + s * s * p;
    }
    threads_.for_each(items, [&](std::int64_t i, int) {
      const double own = 1 + static_cast<double>(weights_(i, i)) * static_cast<double>(scale[i]);
      for (std::int64_t j = 0; j < items; ++j) weights_(i, j) *= scale[j];
      weights_(i, i) = diagonal_ > 0 ? static_cast<float>(std::min(diagonal_, own)) : 0.0F;
    });
    return {loss / static_cast<double>(std::max<std::int64_t>(1, ratings_.entries())), ratings_.entries()};
  }

 private:
  void add_weights(std::int32_t item, float* scores) const override {
    add_scaled(1, weights_.row(item), scores, weights_.columns());
  }

  CsrView ratings_;
  CsrView by_item_;
  double regularization_, dropout_, diagonal_;
  Matrix weights_;  // row j: from item j to all others
};

}  // namespace

MethodInfo ease_info() {
  return {"items",
          "Weights of movies on movies by one closed form",
          "Steck 2019 (arXiv 1905.03375), equations 2 to 8; Moon, Kim, Lee 2023, equations 7 to 12",
          {.rating = false, .fold_in = true, .closed_form = true, .chance = false},
          {{"regularization", 1000, 1000, 1e-3, 1e9, false, "added to each movie's number of ratings"},
           {"dropout", 0, 0, 0, 0.95, false, "share of what a user has that is hidden: movies are regularized by it"},
           {"diagonal", 0, 0, 0, 0.99, false, "the largest weight that a movie may have on itself"}},
          {0.0, 1e-3, "inverses in float differ in their last digits: near ties change places"},
          {{"regularization", 3, 30000},
           {"dropout", 0, 0.6, SearchRange::Scale::linear},
           {"diagonal", 0, 0.8, SearchRange::Scale::linear}}};
}

std::unique_ptr<Trainer> make_ease(const Problem& problem) { return std::make_unique<Ease>(problem); }

}  // namespace embrace::cpu
