// elsa: ease with vectors; what users have is explained by what else they have, through vectors of items of length one.
// Every rating is a positive, whatever its value.
// Vančura, Alves, Kasalický, Kordík 2022 ("Scalable linear shallow autoencoder for collaborative filtering"), equations
// 4 to 8: A = the items' vectors, rows of length 1, W = A Aᵀ - 1, and for each user with x ones where there is a rating
//   y = max(0, x W)     loss = | x / |x| - y / |y| |²
// by Adam over batches of users, in an order drawn anew for each epoch. score(u, i) = <Σ_j a_j, a_i> over the items j
// of u: that of x W but for the items that the user has, which are 1 lower there. Cost of an epoch: 6 · users · items ·
// factors floating-point operations, as products of matrices; memory: 4 · items · factors + 2 · batch · items floats.
// Each sum is made by one task in a fixed order: bits do not depend on threads.
#include <algorithm>
#include <cmath>
#include <numeric>

#include "host/array.hpp"
#include "host/error.hpp"
#include "host/learning/embedding_trainer.hpp"
#include "host/math/adam.hpp"
#include "host/math/product.hpp"
#include "host/math/vector_math.hpp"
#include "host/matrix.hpp"
#include "host/random.hpp"

namespace embrace::cpu {
namespace {

constexpr std::int64_t users_a_task = 32;
constexpr std::int64_t items_a_task = 512;

class Elsa final : public EmbeddingTrainer {
 public:
  explicit Elsa(const Problem& problem)
      : EmbeddingTrainer(problem.threads),
        ratings_(problem.ratings),
        seed_(problem.seed),
        factors_(problem.hyper.integer("factors")),
        learning_rate_(problem.hyper["learning_rate"]),
        batch_(problem.hyper.integer("batch")),
        users_(problem.users(), factors_),
        weights_(problem.items(), factors_),
        items_(problem.items(), factors_),
        gradient_(problem.items(), factors_),
        first_moment_(problem.items(), factors_),
        second_moment_(problem.items(), factors_),
        outputs_(std::min(batch_, problem.users()), problem.items()),
        hidden_(outputs_.rows(), factors_),
        hidden_gradient_(outputs_.rows(), factors_),
        losses_(outputs_.rows()) {
    const Random random(problem.seed, Stream::initial);
    for (std::int64_t i = 0; i < weights_.rows(); ++i) {
      for (std::int64_t k = 0; k < factors_; ++k) {
        weights_(i, k) =
            static_cast<float>(random.normal(static_cast<std::uint64_t>(i), static_cast<std::uint32_t>(k)));
      }
    }
    for (std::int32_t u = 0; u < ratings_.rows; ++u) {
      if (ratings_.row_size(u) > 0) order_.push_back(u);
    }
    normalize();
  }

  EpochResult epoch() override {
    std::sort(order_.begin(), order_.end());
    shuffle(order_, Random(seed_, Stream::shuffle), static_cast<std::uint32_t>(epochs_++));
    double loss = 0;
    for (std::int64_t first = 0; first < order_.size(); first += batch_) {
      const Span<const std::int32_t> users{order_.data() + first, std::min(batch_, order_.size() - first)};
      loss += learn(users);
    }
    sum_vectors(ratings_);
    if (!std::isfinite(loss)) throw Diverged("the training loss is not finite");
    return {loss / static_cast<double>(std::max<std::int64_t>(1, order_.size())), ratings_.entries()};
  }

  void fold_in(CsrView ratings) override { sum_vectors(ratings); }

  std::optional<EmbeddingView> embedding() const override {
    return EmbeddingView{users_.view(), items_.view(), {}, {}, 0};
  }

 private:
  /// Vectors of length one.
  void normalize() {
    threads_.for_ranges(items_.rows(), items_a_task, [&](std::int64_t begin, std::int64_t end, int) {
      for (std::int64_t i = begin; i < end; ++i) {
        const float length = std::sqrt(dot(weights_.row(i), weights_.row(i), factors_));
        for (std::int64_t k = 0; k < factors_; ++k) items_(i, k) = length > 0 ? weights_(i, k) / length : 0;
      }
    });
  }

  void sum_vector(Span<const std::int32_t> items, float* sum) const {
    std::fill_n(sum, factors_, 0.0F);
    for (const std::int32_t item : items) add_scaled(1, items_.row(item), sum, factors_);
  }

  /// Users' vectors, of those who have something.
  void sum_vectors(CsrView ratings) {
    threads_.for_ranges(ratings.rows, users_a_task, [&](std::int64_t begin, std::int64_t end, int) {
      for (std::int64_t u = begin; u < end; ++u) {
        if (ratings.row_size(u) > 0) sum_vector(ratings.row_indices(u), users_.row(u));
      }
    });
  }

  double learn(Span<const std::int32_t> users) {
    threads_.for_ranges(users.size(), users_a_task, [&](std::int64_t begin, std::int64_t end, int) {
      for (std::int64_t r = begin; r < end; ++r) sum_vector(ratings_.row_indices(users[r]), hidden_.row(r));
      multiply_transposed(hidden_.rows(begin, end), items_.view(), 0, outputs_.rows(begin, end));
      for (std::int64_t r = begin; r < end; ++r) {
        losses_[r] = to_gradient(ratings_.row_indices(users[r]), outputs_.row(r), users.size());
      }
      multiply(outputs_.rows(begin, end), items_.view(), 0, hidden_gradient_.rows(begin, end));
    });
    const AdamStep step(learning_rate_, 0, ++steps_);
    threads_.for_ranges(items_.rows(), items_a_task, [&](std::int64_t begin, std::int64_t end, int) {
      find_gradient(users, begin, end);
      for (std::int64_t i = begin; i < end; ++i) {
        turn_aside(i);
        adam(step, gradient_.row(i), weights_.row(i), first_moment_.row(i), second_moment_.row(i), factors_);
      }
    });
    normalize();
    return std::accumulate(losses_.begin(), losses_.begin() + users.size(), 0.0);
  }

  /// x A Aᵀ of a user becomes the gradient of its loss over the size of the batch; returns the loss.
  double to_gradient(Span<const std::int32_t> have, float* y, std::int64_t batch) const {
    const std::int64_t items = items_.rows();
    for (const std::int32_t i : have) y[i] -= 1;
    for (std::int64_t i = 0; i < items; ++i) y[i] = std::max(0.0F, y[i]);
    const float length = std::sqrt(dot(y, y, items));
    if (!(length > 0)) return 1;
    const float each = 1 / std::sqrt(static_cast<float>(have.size()));  // of x / |x|
    float common = 0;
    for (const std::int32_t i : have) common += each * y[i] / length;
    const float scale = 2 / (length * static_cast<float>(batch));
    // d loss / dy = 2 (<x', y'> y' - x') / |y|, where y is positive; x' has no part in the others.
    for (const std::int32_t i : have) y[i] = y[i] > 0 ? y[i] - each * length / common : 0;
    const float factor = scale * common / length;
    for (std::int64_t i = 0; i < items; ++i) y[i] *= factor;
    return 2 - 2 * static_cast<double>(common);
  }

  /// Of the vectors of items [begin, end): from the outputs of all users of the batch, and from what they have.
  void find_gradient(Span<const std::int32_t> users, std::int64_t begin, std::int64_t end) {
    multiply_by_transposed({outputs_.data() + begin, users.size(), end - begin, outputs_.columns()},
                           {hidden_.data(), users.size(), factors_, factors_}, gradient_.rows(begin, end));
    for (std::int64_t r = 0; r < users.size(); ++r) {
      const auto have = ratings_.row_indices(users[r]);
      for (auto i = std::lower_bound(have.begin(), have.end(), begin); i != have.end() && *i < end; ++i) {
        add_scaled(1, hidden_gradient_.row(r), gradient_.row(*i), factors_);
      }
    }
  }

  /// The gradient of a weight's direction: of a vector of length one nothing moves along itself.
  void turn_aside(std::int64_t i) {
    const float along = dot(gradient_.row(i), items_.row(i), factors_);
    const float length = std::sqrt(dot(weights_.row(i), weights_.row(i), factors_));
    for (std::int64_t k = 0; k < factors_; ++k) {
      gradient_(i, k) = length > 0 ? (gradient_(i, k) - along * items_(i, k)) / length : 0;
    }
  }

  CsrView ratings_;
  std::uint64_t seed_;
  std::int64_t factors_;
  double learning_rate_;
  std::int64_t batch_;
  Matrix users_;
  Matrix weights_;  // any length
  Matrix items_;    // A
  Matrix gradient_, first_moment_, second_moment_;
  Matrix outputs_;                   // batch × items
  Matrix hidden_, hidden_gradient_;  // batch × factors: x A, and its gradient
  Array<double> losses_;             // of the users of a batch
  Array<std::int32_t> order_;
  std::int64_t steps_ = 0;
  std::int64_t epochs_ = 0;
};

}  // namespace

MethodInfo elsa_info() {
  return {"items",
          "Vectors of movies of length one that explain what users rated by what else they rated",
          "Vančura, Alves, Kasalický, Kordík 2022, equations 4 to 8",
          {.rating = false, .fold_in = true},
          {{"factors", 256, 256, 1, 1024, true, "length of a vector"},
           {"epochs", 5, 5, 1, 10000, true, "passes over the users"},
           {"learning_rate", 0.1, 0.1, 1e-6, 10, false, "of Adam"},
           {"batch", 128, 128, 1, 65536, true, "users a step"}},
          {0.0, 1e-2, "sums in another order, over many steps"},
          {{"epochs", 3, 50}, {"learning_rate", 1e-3, 0.3}, {"batch", 32, 1024}}};
}

std::unique_ptr<Trainer> make_elsa(const Problem& problem) { return std::make_unique<Elsa>(problem); }

}  // namespace embrace::cpu
