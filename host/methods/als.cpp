// als: explicit ratings by alternating least squares; r_ui ≈ mean + b_u + b_i + p_u · q_i.
// Half a sweep minimises, for each row u with its n_u ratings (items likewise, with users fixed),
//   Σ_i (r_ui - mean - b_i - b_u - p_u · q_i)² + λ n_u^ν |p_u|² + λ_b b_u²
// exactly: p_u and b_u jointly. λ n_u is Zhou et al. 2008 ("Large-scale Parallel Collaborative Filtering for the
// Netflix Prize", section 3.1). With A = Σ q q' + λ n_u^ν I, s = Σ q, t = Σ e q, e = r - mean - b_i, the bias is the
// border of the system:  b = (Σ e - s' A^-1 t) / (n_u + λ_b - s' A^-1 s),  p = A^-1 t - b A^-1 s.
// A row with fewer ratings than factors is solved in the space of its ratings: K = Y Y' + λ n_u^ν I, with w = K^-1 e -
// b K^-1 1 and b = λ n_u^ν Σ K^-1 e / (λ_b + λ n_u^ν Σ K^-1 1); p = Y' w. The same minimum, as A^-1 Y' = Y' K^-1. Cost
// of a half-sweep: for a row with n ratings n · k² + k³ / 3 floating-point operations, or n² · k + n³ / 3; nothing of
// size rows · k² is stored.
#include <cmath>

#include "host/array.hpp"
#include "host/error.hpp"
#include "host/learning/embedding_trainer.hpp"
#include "host/learning/first_vectors.hpp"
#include "host/math/aggregate.hpp"
#include "host/math/normal_equations.hpp"
#include "host/math/ridge.hpp"
#include "host/math/row_schedule.hpp"
#include "host/matrix.hpp"
#include "host/method.hpp"
#include "host/span.hpp"

namespace embrace::cpu {
namespace {

/// One side of the model.
struct Side {
  Matrix factors;  // rows × padded width
  Array<float> bias;

  Side(std::int64_t rows, std::int64_t width) : factors(rows, width), bias(rows) {}
};

class Als final : public EmbeddingTrainer {
 public:
  explicit Als(const Problem& problem)
      : EmbeddingTrainer(problem.threads),
        ratings_(problem.ratings),
        by_item_(problem.by_item),
        user_schedule_(ratings_),
        item_schedule_(by_item_),
        factors_(problem.hyper.integer("factors")),
        regularization_(problem.hyper["regularization"]),
        exponent_(problem.hyper["nu"]),
        bias_regularization_(problem.hyper["bias_regularization"]),
        mean_(aggregate_ratings(ratings_, threads_).mean),
        users_(problem.users(), padded_width(factors_)),
        items_(problem.items(), padded_width(factors_)),
        loss_(std::max(problem.users(), problem.items())) {
    for (int worker = 0; worker < threads_.count(); ++worker) workers_.emplace_back(factors_);
    draw_vectors(problem.seed, 0, by_item_, first_deviation, items_.factors.left(factors_));
  }

  EpochResult epoch() override {
    half_sweep(ratings_, user_schedule_, items_, users_);
    double loss = half_sweep(by_item_, item_schedule_, users_, items_);
    for (std::int64_t u = 0; u < ratings_.rows; ++u) loss += penalty(ratings_, u, users_);
    if (!std::isfinite(loss)) throw Diverged("the training loss is not finite");
    return {loss / static_cast<double>(std::max<std::int64_t>(1, ratings_.entries())), ratings_.entries()};
  }

  void fold_in(CsrView ratings) override { half_sweep(ratings, RowSchedule(ratings), items_, users_, Empty::kept); }

  std::optional<EmbeddingView> embedding() const override {
    return EmbeddingView{users_.factors.left(factors_), items_.factors.left(factors_), users_.bias, items_.bias,
                         static_cast<float>(mean_)};
  }

 private:
  static constexpr double first_deviation = 0.1;
  enum class Empty { zeroed, kept };

  struct Worker {
    explicit Worker(std::int64_t factors)
        : equations(factors), by_bias(equations.width()), by_residual(by_bias.size()) {}
    NormalEquations equations;
    AlignedVector<float> by_bias;      // A^-1 s, or K^-1 1
    AlignedVector<float> by_residual;  // K^-1 e, then w
    Array<float> residuals;
  };

  double row_ridge(std::int64_t ratings) const {
    return ridge(regularization_, static_cast<double>(ratings), exponent_);
  }
  double penalty(CsrView rows, std::int64_t r, const Side& side) const {
    double squares = 0;
    for (std::int64_t k = 0; k < factors_; ++k) {
      squares += static_cast<double>(side.factors(r, k)) * static_cast<double>(side.factors(r, k));
    }
    const auto b = static_cast<double>(side.bias[r]);
    return row_ridge(rows.row_size(r)) * squares + bias_regularization_ * b * b;
  }

  /// Solves all rows of one side; returns the loss summed over them (with the penalties of this side).
  double half_sweep(CsrView rows, const RowSchedule& schedule, const Side& fixed, Side& solved,
                    Empty empty = Empty::zeroed) {
    threads_.for_each(schedule.tasks(), [&](std::int64_t task, int worker) {
      for (const std::int32_t r : schedule.rows(task)) {
        if (rows.row_size(r) > 0) {
          loss_[r] = solve_row(rows, r, fixed, solved, workers_[worker]);
        } else {
          loss_[r] = 0;
          if (empty == Empty::zeroed) solved.bias[r] = 0;
        }
      }
    });
    double loss = 0;
    for (std::int64_t r = 0; r < rows.rows; ++r) loss += loss_[r];
    return loss;
  }

  /// e = r - mean - b_i of the row into worker.residuals, which is padded with zeros to whole panels.
  void find_residuals(CsrView rows, std::int64_t r, const Side& fixed, Worker& worker) const {
    const auto indices = rows.row_indices(r);
    const auto values = rows.row_values(r);
    worker.residuals.assign(padded_width(rows.row_size(r)), 0.0F);
    for (std::int64_t e = 0; e < indices.size(); ++e) {
      worker.residuals[e] =
          static_cast<float>(static_cast<double>(values[e]) - mean_ - static_cast<double>(fixed.bias[indices[e]]));
    }
  }

  /// Returns the row's smallest loss.
  double solve_row(CsrView rows, std::int64_t r, const Side& fixed, Side& solved, Worker& worker) const {
    find_residuals(rows, r, fixed, worker);
    const double penalty = row_ridge(rows.row_size(r));
    const bool shorter = padded_width(rows.row_size(r)) < padded_width(factors_);
    // Without regularization K may be singular where A is not.
    return shorter && penalty > 0 ? solve_by_ratings(rows.row_indices(r), penalty, fixed, r, solved, worker)
                                  : solve_by_factors(rows.row_indices(r), penalty, fixed, r, solved, worker);
  }

  /// With A. The loss is Σ e² - (t' p + Σ e · b).
  double solve_by_factors(Span<const std::int32_t> indices, double penalty, const Side& fixed, std::int64_t r,
                          Side& solved, Worker& worker) const {
    double total = 0;
    double squares = 0;
    for (std::int64_t e = 0; e < indices.size(); ++e) {
      const auto residual = static_cast<double>(worker.residuals[e]);
      total += residual;
      squares += residual * residual;
    }
    NormalEquations& equations = worker.equations;
    equations.clear(factors_);
    equations.add(fixed.factors.view(), indices, worker.residuals.data());
    equations.add_diagonal(static_cast<float>(penalty));
    equations.factorize();
    float* p = solved.factors.row(r);
    equations.solve(equations.target(), p);
    equations.solve(equations.sum(), worker.by_bias.data());
    double sum_p = 0;
    double sum_by_bias = 0;
    for (std::int64_t k = 0; k < factors_; ++k) {
      sum_p += static_cast<double>(equations.sum()[k]) * static_cast<double>(p[k]);
      sum_by_bias += static_cast<double>(equations.sum()[k]) * static_cast<double>(worker.by_bias[k]);
    }
    // Without regularization the factors alone may explain a constant; the border is then zero up to rounding.
    const auto n = static_cast<double>(indices.size());
    const double border = n + bias_regularization_ - sum_by_bias;
    const double bias = border > 1e-6 * n ? (total - sum_p) / border : 0.0;
    const auto b = static_cast<float>(bias);
    double explained = total * bias;
    for (std::int64_t k = 0; k < factors_; ++k) {
      p[k] -= b * worker.by_bias[k];
      explained += static_cast<double>(equations.target()[k]) * static_cast<double>(p[k]);
    }
    solved.bias[r] = b;
    return squares - explained;
  }

  /// With K. What is left of a rating is λ n^ν w_e, and |p|² = w' (e - b 1 - λ n^ν w): the loss is λ n^ν w' (e - b 1) +
  /// λ_b b².
  double solve_by_ratings(Span<const std::int32_t> indices, double penalty, const Side& fixed, std::int64_t r,
                          Side& solved, Worker& worker) const {
    const std::int64_t n = indices.size();
    NormalEquations& equations = worker.equations;
    equations.clear(n);
    equations.add_products(fixed.factors.left(factors_), indices);
    equations.add_diagonal(static_cast<float>(penalty));
    equations.factorize();
    std::fill(worker.by_bias.begin(), worker.by_bias.end(), 0.0F);
    std::fill_n(worker.by_bias.begin(), n, 1.0F);
    equations.solve(worker.by_bias.data(), worker.by_bias.data());
    equations.solve(worker.residuals.data(), worker.by_residual.data());
    double sum_by_residual = 0;
    double sum_by_bias = 0;
    for (std::int64_t e = 0; e < n; ++e) {
      sum_by_residual += static_cast<double>(worker.by_residual[e]);
      sum_by_bias += static_cast<double>(worker.by_bias[e]);
    }
    const double bias = penalty * sum_by_residual / (bias_regularization_ + penalty * sum_by_bias);
    const auto b = static_cast<float>(bias);
    double loss = bias_regularization_ * bias * bias;
    for (std::int64_t e = 0; e < n; ++e) {
      worker.by_residual[e] -= b * worker.by_bias[e];
      loss += penalty * static_cast<double>(worker.by_residual[e]) * (static_cast<double>(worker.residuals[e]) - bias);
    }
    combine_rows(fixed.factors.view(), indices, worker.by_residual.data(), solved.factors.row(r));
    solved.bias[r] = b;
    return loss;
  }

  CsrView ratings_;
  CsrView by_item_;
  RowSchedule user_schedule_;
  RowSchedule item_schedule_;
  std::int64_t factors_;
  double regularization_;
  double exponent_;
  double bias_regularization_;
  double mean_;
  Side users_;
  Side items_;
  Array<double> loss_;  // by row of the side being solved; summed in the order of the rows
  Array<Worker> workers_;
};

}  // namespace

MethodInfo als_info() {
  return {"factorization",
          "Matrix factorization with biases by alternating least squares",
          "Zhou, Wilkinson, Schreiber, Pan 2008, section 3.1; biases solved jointly with the factors",
          {.fold_in = true},
          {{"factors", 32, 32, 1, 1024, true, "length of the vectors"},
           {"epochs", 15, 15, 1, 10000, true, "sweeps: all users, then all movies"},
           {"regularization", 1.5, 1.5, 0, 1e6, false, "of a vector, times its number of ratings to the power nu"},
           {"nu", 0.5, 0.5, 0, 2, false, "how the regularization grows with the number of ratings"},
           {"bias_regularization", 4, 4, 0, 1e6, false, "of a bias"}},
          {1e-3, 1e-3, "float sums in another order, amplified by solving; the metric moves by less"},
          {{"epochs", 1, 30, SearchRange::Scale::linear},
           {"regularization", 0.05, 50},
           {"nu", 0, 1, SearchRange::Scale::linear},
           {"bias_regularization", 0.1, 100}}};
}

std::unique_ptr<Trainer> make_als(const Problem& problem) { return std::make_unique<Als>(problem); }

}  // namespace embrace::cpu
