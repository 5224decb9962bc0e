// ease: an "embarrassingly shallow autoencoder", the weights of items on items that explain best what users have by
// what else they have. Every rating is a positive, whatever its value.
// Steck 2019 (arXiv 1905.03375), equations 2 to 8, X the users × items matrix of ones where there is a rating:
//   minimize |X - X B|² + λ |B|² over B with a zero diagonal:   P = (X'X + λ 1)⁻¹   B_ij = -P_ij / P_jj for i ≠ j
// at which the minimum is Σ_j (1 / P_jj - λ), the objective. score(u, i) = Σ_j B_ji over the items j of u; a user who
// has nothing scores 0 throughout.
// Cost: half of Σ n_u² additions, items³ floating-point operations, items² floats. The bits do not depend on threads.
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
        regularization_(static_cast<float>(problem.hyper["regularization"])),
        weights_(square(problem.items())) {}

  EpochResult epoch() override {
    const std::int64_t items = weights_.rows();
    count_together(ratings_, by_item_, weights_.view(), threads_);
    for (std::int64_t i = 0; i < items; ++i) weights_(i, i) += regularization_;
    try {
      invert_symmetric(weights_.view(), threads_);
    } catch (const Diverged& error) {
      throw Diverged(std::string(error.what()) + "; raise regularization");
    }
    double loss = 0;
    Array<float> scale(items);
    for (std::int64_t j = 0; j < items; ++j) {
      scale[j] = -1 / weights_(j, j);
      loss += 1 / static_cast<double>(weights_(j, j)) - static_cast<double>(regularization_);
    }
    threads_.for_each(items, [&](std::int64_t i, int) {
      for (std::int64_t j = 0; j < items; ++j) weights_(i, j) *= scale[j];
      weights_(i, i) = 0;
    });
    return {loss / static_cast<double>(std::max<std::int64_t>(1, ratings_.entries())), ratings_.entries()};
  }

 private:
  void add_weights(std::int32_t item, float* scores) const override {
    add_scaled(1, weights_.row(item), scores, weights_.columns());
  }

  CsrView ratings_;
  CsrView by_item_;
  float regularization_;
  Matrix weights_;  // row j: from item j to all others
};

}  // namespace

MethodInfo ease_info() {
  return {"items",
          "Weights of movies on movies by one closed form",
          "Steck 2019 (arXiv 1905.03375), equations 2 to 8",
          {.rating = false, .fold_in = true, .closed_form = true, .chance = false},
          {{"regularization", 1000, 1000, 1e-3, 1e9, false, "added to each movie's number of ratings"}},
          {0.0, 1e-3, "inverses in float differ in their last digits: near ties change places"},
          {{"regularization", 3, 30000}}};
}

std::unique_ptr<Trainer> make_ease(const Problem& problem) { return std::make_unique<Ease>(problem); }

}  // namespace embrace::cpu
