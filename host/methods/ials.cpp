// ials: implicit feedback by alternating least squares. Every rating is a positive, whatever its value.
// Hu, Koren, Volinsky 2008, in the form of Rendle, Krichene, Zhang, Koren 2022 ("Revisiting the Performance of iALS
// on Item Recommendation Benchmarks", equations 4 to 6):
//   Σ_(u,i) rated (1 - p_u · q_i)² + α Σ_all u,i (p_u · q_i)² + Σ_u λ (n_u + α I)^ν |p_u|² + the same for items
// α is the weight of a pair without a rating (a rated pair weighs 1 + α). Row u solves
//   (α Q'Q + Σ_rated q q' + λ (n_u + α I)^ν 1) p_u = Σ_rated q
// with Q'Q formed once per half-sweep. Rows without ratings have the solution 0.
// Cost of a half-sweep: (ratings + columns) · k² + rows · k³ / 3 floating-point operations. With cg_steps > 0 a row is
// improved by so many steps of conjugate gradients from its last solution instead: (steps + 1) · (4 ratings · k +
// 2 rows · k²). With block > 0 a row is improved once in each block of so many factors, see subspace.hpp.
#include <algorithm>
#include <cmath>

#include "host/array.hpp"
#include "host/error.hpp"
#include "host/learning/embedding_trainer.hpp"
#include "host/learning/first_vectors.hpp"
#include "host/math/conjugate_gradients.hpp"
#include "host/math/normal_equations.hpp"
#include "host/math/ridge.hpp"
#include "host/math/row_schedule.hpp"
#include "host/math/subspace.hpp"
#include "host/matrix.hpp"
#include "host/methods/ials_solution.hpp"

namespace embrace::cpu {
namespace {

class Ials final : public EmbeddingTrainer {
 public:
  explicit Ials(const Problem& problem)
      : EmbeddingTrainer(problem.threads),
        ratings_(problem.ratings),
        by_item_(problem.by_item),
        user_schedule_(ratings_),
        item_schedule_(by_item_),
        factors_(problem.hyper.integer("factors")),
        regularization_(problem.hyper["regularization"]),
        exponent_(problem.hyper["nu"]),
        alpha_(problem.hyper["alpha"]),
        solution_(row_solution(problem.hyper)),
        users_(problem.users(), padded_width(factors_)),
        items_(problem.items(), padded_width(factors_)),
        loss_(std::max(problem.users(), problem.items())),
        gram_(factors_),
        whole_gram_(gram_.width(), gram_.width()) {
    for (int worker = 0; worker < threads_.count(); ++worker) workers_.emplace_back(factors_, solution_.block);
    // A user's score is then of the order of the deviation, whatever the number of factors.
    draw_vectors(problem.seed, 0, by_item_, initial_deviation(problem.hyper), items_.left(factors_));
  }

  EpochResult epoch() override {
    half_sweep(ratings_, user_schedule_, items_, users_);
    double loss = half_sweep(by_item_, item_schedule_, users_, items_);
    for (std::int64_t u = 0; u < ratings_.rows; ++u) loss += penalty(ratings_, u);
    if (!std::isfinite(loss)) throw Diverged("the training loss is not finite");
    return {loss / static_cast<double>(std::max<std::int64_t>(1, ratings_.entries())), ratings_.entries()};
  }

  void fold_in(CsrView ratings) override { half_sweep(ratings, RowSchedule(ratings), items_, users_); }

  std::optional<EmbeddingView> embedding() const override {
    return EmbeddingView{users_.left(factors_), items_.left(factors_), {}, {}, 0.0F};
  }

 private:
  struct Worker {
    Worker(std::int64_t factors, std::int64_t block)
        : equations(factors), gradient(equations.width()), subspaces(equations.width(), block) {}
    NormalEquations equations;
    ConjugateGradient gradient;
    Subspaces subspaces;
  };

  double row_ridge(CsrView rows, std::int64_t r) const {
    const double size = static_cast<double>(rows.row_size(r)) + alpha_ * static_cast<double>(rows.columns);
    return ridge(regularization_, size, exponent_);
  }
  double penalty(CsrView rows, std::int64_t u) const {
    double squares = 0;
    for (std::int64_t k = 0; k < factors_; ++k)
      squares += static_cast<double>(users_(u, k)) * static_cast<double>(users_(u, k));
    return row_ridge(rows, u) * squares;
  }

  /// Y'Y. Cut into parts by the number of rows alone, added in their order.
  void form_gram(const Matrix& y) {
    constexpr std::int64_t most_parts = 16;
    const std::int64_t parts = std::clamp<std::int64_t>(y.rows() / 256, 1, most_parts);
    while (parts_.size() < parts) parts_.emplace_back(factors_);
    threads_.for_each(parts, [&](std::int64_t part, int) {
      NormalEquations& sum = parts_[part];
      sum.clear(factors_);
      sum.add_range(y.view(), y.rows() * part / parts, y.rows() * (part + 1) / parts);
    });
    gram_.clear(factors_);
    for (std::int64_t part = 0; part < parts; ++part) gram_.add_equations(parts_[part]);
    if (!solution_.exact()) gram_.copy_symmetric(static_cast<float>(alpha_), whole_gram_.view());
  }

  /// Solves all rows with ratings; returns the loss over them.
  double half_sweep(CsrView rows, const RowSchedule& schedule, const Matrix& fixed, Matrix& solved) {
    form_gram(fixed);
    threads_.for_each(schedule.tasks(), [&](std::int64_t task, int worker) {
      Worker& own = workers_[worker];
      for (const std::int32_t r : schedule.rows(task)) {
        double& loss = loss_[r];
        if (rows.row_size(r) == 0) {
          loss = 0;
        } else {
          loss = solution_.exact() ? solve_row(rows, r, fixed, solved, own.equations)
                                   : improve_row(rows, r, fixed, solved, own);
        }
      }
    });
    double loss = 0;
    for (std::int64_t r = 0; r < rows.rows; ++r) loss += loss_[r];
    return loss;
  }

  double improve_row(CsrView rows, std::int64_t r, const Matrix& fixed, Matrix& solved, Worker& own) const {
    const auto penalty = static_cast<float>(row_ridge(rows, r));
    const RowSystem system{fixed.view(), rows.row_indices(r), whole_gram_.view(), penalty};
    return solution_.block > 0 ? own.subspaces.improve(system, solved.row(r))
                               : own.gradient.solve(system, solution_.cg_steps, solved.row(r));
  }

  /// The loss at the optimum is Σ_rated 1 - Σ_rated q · p.
  double solve_row(CsrView rows, std::int64_t r, const Matrix& fixed, Matrix& solved,
                   NormalEquations& equations) const {
    equations.start_from(gram_, static_cast<float>(alpha_));
    equations.add(fixed.view(), rows.row_indices(r), nullptr);
    equations.add_diagonal(static_cast<float>(row_ridge(rows, r)));
    equations.factorize();
    float* p = solved.row(r);
    equations.solve(equations.sum(), p);
    auto loss = static_cast<double>(rows.row_size(r));
    for (std::int64_t k = 0; k < factors_; ++k)
      loss -= static_cast<double>(equations.sum()[k]) * static_cast<double>(p[k]);
    return loss;
  }

  CsrView ratings_;
  CsrView by_item_;
  RowSchedule user_schedule_;
  RowSchedule item_schedule_;
  std::int64_t factors_;
  double regularization_;
  double exponent_;
  double alpha_;
  RowSolution solution_;
  Matrix users_;  // rows × padded width, here and below
  Matrix items_;
  Array<double> loss_;  // by row of the side being solved; summed in the order of the rows
  NormalEquations gram_;
  Matrix whole_gram_;  // alpha Q'Q, for rows that are not solved exactly
  Array<NormalEquations> parts_;
  Array<Worker> workers_;
};

/// With it a user and a movie, in the geometric mean, pay for 2000 pairs without a rating, whatever the catalogue: with
/// one alpha for all, a catalogue of 40,000 is penalised ten times as much as one of 4,000 (docs/defaults.md).
double usual_alpha(Task, const DataShape& shape, const Hyper&) {
  const auto at_least_one = [](std::int64_t n) { return static_cast<double>(std::max<std::int64_t>(1, n)); };
  return 2000 / std::sqrt(at_least_one(shape.users) * at_least_one(shape.items));
}

}  // namespace

MethodInfo ials_info() {
  return {"factorization",
          "Implicit feedback by alternating least squares over all pairs",
          "Hu, Koren, Volinsky 2008; Rendle, Krichene, Zhang, Koren 2022, equations 4 to 6",
          {.rating = false, .fold_in = true},
          {{"factors", 64, 64, 1, 1024, true, "length of the vectors"},
           {"epochs", 12, 12, 1, 10000, true, "sweeps: all users, then all movies"},
           {"regularization", 0.0045, 0.0045, 0, 1e6, false, "of a vector, times (its ratings + alpha × columns)^nu"},
           {"alpha",
            0.4227,
            0.4227,
            0,
            1e6,
            false,
            "weight of a pair without a rating; a rated pair weighs 1 + alpha",
            {},
            {usual_alpha, "2000 / sqrt(users × movies)"}},
           {"nu", 1, 1, 0, 2, false, "how the regularization grows with the number of ratings"},
           {"spread", 0.1, 0.1, 1e-6, 100, false, "initial standard deviation of a vector, times sqrt(factors)"},
           {"cg_steps", 0, 0, 0, 1000, true, "steps of conjugate gradients a row and half-sweep; 0: exact solutions"},
           {"block", 0, 0, 0, 1024, true, "factors that are improved at a time (iALS++), in 16s; 0: all, exactly"}},
          {1e-3, 1e-3, "float sums in another order, amplified by solving; ranks move only at near ties"},
          {{"epochs", 1, 20, SearchRange::Scale::linear},
           {"regularization", 1e-4, 1},
           {"alpha", 0.001, 10},
           {"nu", 0, 1.25, SearchRange::Scale::linear}}};
}

std::unique_ptr<Trainer> make_ials(const Problem& problem) { return std::make_unique<Ials>(problem); }

}  // namespace embrace::cpu
