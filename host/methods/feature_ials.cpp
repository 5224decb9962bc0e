// feature-ials: implicit feedback by alternating least squares, where the vector of a user or a movie is the sum of the
// vectors of its features, identity being one of them, as in hybrid: q_i = z_i + Σ_f x_if w_f. Every rating is a
// positive, whatever its value. The loss is that of ials (Rendle, Krichene, Zhang, Koren 2022, equations 4 to 6), where
// identities pay what rows pay there and a feature what a mean identity pays, times feature_regularization:
//   Σ_(u,i) rated (1 - p_u · q_i)² + α Σ_all u,i (p_u · q_i)² + Σ_i Λ_i |z_i|² + δ Σ_f |w_f|² + the same for users
//   Λ_i = λ (n_i + α users)^ν,  δ = feature_regularization · mean of Λ
// Sums are over users and movies with ratings. One without has no identity, and a vector by its features alone; it is
// in no pair: that nobody has rated it says nothing of its features.
//
// A side is learned in the unknowns q and w, which stand for z = q - X w, a block after the other (Agarwal and Chen
// 2009, "Regression-based latent factor models", iterated conditional modes):
//   (α P'P + Σ_rated p p' + Λ_i 1) q_i = Σ_rated p + Λ_i Σ_f x_if w_f      each row alone, exactly
//   (X'ΛX + δ 1) W = X'ΛQ                                                  feature_ials_regression.hpp
// Neither raises the loss, whose minimum is that in z and w. With z resting instead of q the equations of W would hold
// all ratings and mix the factors. Without features this is ials.
// Cost of a half-sweep: (ratings + columns) · k² + rows · k³ / 3 floating-point operations, as ials, and up to ten
// steps of 4 · entries of X · k.
#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>

#include "host/array.hpp"
#include "host/error.hpp"
#include "host/learning/embedding_trainer.hpp"
#include "host/learning/first_vectors.hpp"
#include "host/math/gram.hpp"
#include "host/math/normal_equations.hpp"
#include "host/math/row_schedule.hpp"
#include "host/math/vector_math.hpp"
#include "host/matrix.hpp"
#include "host/methods/feature_ials_regression.hpp"
#include "host/methods/ials_weights.hpp"

namespace embrace::cpu {
namespace {

/// Users or movies.
struct RatedSide {
  RatedSide(CsrView of, std::int64_t factors)
      : ratings(of), schedule(of), rated(rated_rows(of)), vectors(of.rows, padded_width(factors)) {}

  /// What features say of row r; null without features.
  const float* prior(std::int64_t r) const { return regression ? regression->fitted().row(r) : nullptr; }

  CsrView ratings;  // by row
  RowSchedule schedule;
  Array<std::int32_t> rated;
  Matrix vectors;  // rows × padded width
  std::optional<FeatureRegression> regression;
};

std::optional<FeatureRegression> regression_of(const Features* features, const RatedSide& side,
                                               const IalsWeights& weights, double share, Threads& threads) {
  std::optional<FeatureSystem> system = feature_system(features, side.ratings, weights, share, threads);
  if (!system) return std::nullopt;
  return FeatureRegression(std::move(*system), side.vectors.columns());
}

class FeatureIals final : public EmbeddingTrainer {
 public:
  explicit FeatureIals(const Problem& problem)
      : EmbeddingTrainer(problem.threads),
        factors_(problem.hyper.integer("factors")),
        weights_(problem.hyper),
        users_(problem.ratings, factors_),
        items_(problem.by_item, factors_),
        loss_(std::max(problem.users(), problem.items())),
        gram_(factors_) {
    for (int worker = 0; worker < threads_.count(); ++worker) workers_.emplace_back(factors_);
    const double share = problem.hyper["feature_regularization"];
    users_.regression = regression_of(problem.user_features, users_, weights_, share, threads_);
    items_.regression = regression_of(problem.item_features, items_, weights_, share, threads_);
    draw_vectors(problem.seed, 0, items_.ratings, initial_deviation(problem.hyper), items_.vectors.left(factors_));
  }

  EpochResult epoch() override {
    half_sweep(items_, users_);
    double loss = half_sweep(users_, items_);
    loss += penalty(users_) + penalty(items_);
    if (!std::isfinite(loss)) throw Diverged("the training loss is not finite");
    const std::int64_t ratings = users_.ratings.entries();
    return {loss / static_cast<double>(std::max<std::int64_t>(1, ratings)), ratings};
  }

  void fold_in(CsrView ratings) override { solve_rows(ratings, RowSchedule(ratings), items_, users_); }

  std::optional<EmbeddingView> embedding() const override {
    return EmbeddingView{users_.vectors.left(factors_), items_.vectors.left(factors_), {}, {}, 0.0F};
  }

 private:
  struct Worker {
    explicit Worker(std::int64_t factors) : equations(factors), target(equations.width()) {}
    NormalEquations equations;
    AlignedVector<float> target;
  };

  /// Learns a side; returns the loss of its rows without penalties.
  double half_sweep(const RatedSide& fixed, RatedSide& solved) {
    const double loss = solve_rows(solved.ratings, solved.schedule, fixed, solved);
    if (!solved.regression) return loss;
    solved.regression->fit(solved.vectors, threads_);
    for (std::int64_t r = 0; r < solved.ratings.rows; ++r) {
      if (solved.ratings.row_size(r) == 0) std::copy_n(solved.prior(r), factors_, solved.vectors.row(r));
    }
    return loss;
  }

  /// Solves all rows with ratings; returns their loss without penalties.
  double solve_rows(CsrView rows, const RowSchedule& schedule, const RatedSide& fixed, RatedSide& solved) {
    gram_.form(fixed.vectors.view(), fixed.rated, threads_);
    threads_.for_each(schedule.tasks(), [&](std::int64_t task, int worker) {
      for (const std::int32_t r : schedule.rows(task)) {
        loss_[r] = rows.row_size(r) == 0 ? 0 : solve_row(rows, r, fixed.vectors, solved, workers_[worker]);
      }
    });
    double loss = 0;
    for (std::int64_t r = 0; r < rows.rows; ++r) loss += loss_[r];
    return loss;
  }

  /// With f what the features say, b = Σ_rated p and A the whole matrix, A q = b + Λ f; what is returned is
  ///   Σ_rated 1 - 2 b · q + q'A q - Λ |q|² = Σ_rated 1 - (b - Λ f) · q - Λ |q|².
  double solve_row(CsrView rows, std::int64_t r, const Matrix& fixed, RatedSide& solved, Worker& own) const {
    NormalEquations& equations = own.equations;
    const double ridge = weights_.ridge(rows, r);
    equations.start_from(gram_.sum(), static_cast<float>(weights_.alpha));
    equations.add(fixed.view(), rows.row_indices(r), nullptr);
    equations.add_diagonal(static_cast<float>(ridge));
    equations.factorize();
    std::copy_n(equations.sum(), own.target.size(), own.target.data());
    const float* prior = solved.prior(r);
    if (prior != nullptr) add_scaled(static_cast<float>(ridge), prior, own.target.data(), own.target.size());
    float* q = solved.vectors.row(r);
    equations.solve(own.target.data(), q);
    auto loss = static_cast<double>(rows.row_size(r));
    for (std::int64_t k = 0; k < factors_; ++k) {
      const auto value = static_cast<double>(q[k]), said = prior == nullptr ? 0 : static_cast<double>(prior[k]);
      loss -= (static_cast<double>(equations.sum()[k]) + ridge * (value - said)) * value;
    }
    return loss;
  }

  /// Σ Λ |z|² + δ Σ |w|²
  double penalty(const RatedSide& side) const {
    double sum = side.regression ? side.regression->penalty() : 0;
    for (const std::int32_t r : side.rated) {
      const float* prior = side.prior(r);
      double squares = 0;
      for (std::int64_t k = 0; k < factors_; ++k) {
        const double said = prior == nullptr ? 0 : static_cast<double>(prior[k]);
        const double z = static_cast<double>(side.vectors(r, k)) - said;
        squares += z * z;
      }
      sum += weights_.ridge(side.ratings, r) * squares;
    }
    return sum;
  }

  std::int64_t factors_;
  IalsWeights weights_;
  RatedSide users_, items_;
  Array<double> loss_;  // by row of the side being solved; summed in the order of the rows
  Gram gram_;
  Array<Worker> workers_;
};

}  // namespace

MethodInfo feature_ials_info() {
  return {
      "features",
      "Sums of feature vectors, identity being one feature, by alternating least squares over all pairs",
      "Σ rated (1 - p·q)² + α Σ (p·q)² + Σ λ (n + α columns)^ν z² + δ Σ w², q = z + Σ x w, p likewise: Rendle, "
      "Krichene, Zhang, Koren 2022, equations 4 to 6; Agarwal and Chen 2009 (vectors regressed on features)",
      {.rating = false, .user_features = true, .item_features = true, .fold_in = true},
      {{"factors", 64, 64, 1, 1024, true, "length of the vectors"},
       {"epochs", 12, 12, 1, 10000, true, "sweeps: all users, then all movies"},
       {"regularization", 0.0045, 0.0045, 0, 1e6, false, "λ: of an identity, times (its ratings + alpha × columns)^nu"},
       {"feature_regularization", 6, 6, 0, 1e6, false, "of a feature, times what a mean identity pays, which is δ"},
       alpha_spec(),
       {"nu", 1, 1, 0, 2, false, "how the regularization grows with the number of ratings"},
       {"spread", 0.1, 0.1, 1e-6, 100, false, "initial standard deviation of a vector, times sqrt(factors)"}},
      {1e-3, 1e-3, "float sums in another order, amplified by solving; ranks move only at near ties"},
      {{"epochs", 1, 40, SearchRange::Scale::linear},
       {"regularization", 1e-4, 1},
       {"feature_regularization", 0.01, 1000},
       {"alpha", 0.001, 10},
       {"nu", 0, 1.25, SearchRange::Scale::linear}}};
}

std::unique_ptr<Trainer> make_feature_ials(const Problem& problem) { return std::make_unique<FeatureIals>(problem); }

}  // namespace embrace::cpu
