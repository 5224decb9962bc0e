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
#include "host/math/gram.hpp"
#include "host/math/normal_equations.hpp"
#include "host/math/row_schedule.hpp"
#include "host/math/subspace.hpp"
#include "host/matrix.hpp"
#include "host/methods/ials_solution.hpp"
#include "host/methods/ials_weights.hpp"

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
        rated_users_(rated_rows(ratings_)),
        rated_items_(rated_rows(by_item_)),
        factors_(problem.hyper.integer("factors")),
        weights_(problem.hyper),
        solution_(row_solution(problem.hyper)),
        users_(problem.users(), padded_width(factors_)),
        items_(problem.items(), padded_width(factors_)),
        loss_(std::max(problem.users(), problem.items())),
        gram_(factors_),
        whole_gram_(padded_width(factors_), padded_width(factors_)) {
    for (int worker = 0; worker < threads_.count(); ++worker) workers_.emplace_back(factors_, solution_.block);
    // A user's score is then of the order of the deviation, whatever the number of factors.
    draw_vectors(problem.seed, 0, by_item_, initial_deviation(problem.hyper), items_.left(factors_));
  }

  EpochResult epoch() override {
    half_sweep(ratings_, user_schedule_, {items_, rated_items_}, users_);
    double loss = half_sweep(by_item_, item_schedule_, {users_, rated_users_}, items_);
    for (std::int64_t u = 0; u < ratings_.rows; ++u) loss += penalty(ratings_, u);
    if (!std::isfinite(loss)) throw Diverged("the training loss is not finite");
    return {loss / static_cast<double>(std::max<std::int64_t>(1, ratings_.entries())), ratings_.entries()};
  }

  void fold_in(CsrView ratings) override { half_sweep(ratings, RowSchedule(ratings), {items_, rated_items_}, users_); }

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

  /// The side that rests; rows without ratings are zero.
  struct Fixed {
    const Matrix& vectors;
    Span<const std::int32_t> rated;
  };

  double penalty(CsrView rows, std::int64_t u) const {
    double squares = 0;
    for (std::int64_t k = 0; k < factors_; ++k)
      squares += static_cast<double>(users_(u, k)) * static_cast<double>(users_(u, k));
    return weights_.ridge(rows, u) * squares;
  }

  /// Solves all rows with ratings; returns the loss over them.
  double half_sweep(CsrView rows, const RowSchedule& schedule, const Fixed& fixed, Matrix& solved) {
    gram_.form(fixed.vectors.view(), fixed.rated, threads_);
    if (!solution_.exact()) gram_.sum().copy_symmetric(static_cast<float>(weights_.alpha), whole_gram_.view());
    threads_.for_each(schedule.tasks(), [&](std::int64_t task, int worker) {
      Worker& own = workers_[worker];
      for (const std::int32_t r : schedule.rows(task)) {
        double& loss = loss_[r];
        if (rows.row_size(r) == 0) {
          loss = 0;
        } else {
          loss = solution_.exact() ? solve_row(rows, r, fixed.vectors, solved, own.equations)
                                   : improve_row(rows, r, fixed.vectors, solved, own);
        }
      }
    });
    double loss = 0;
    for (std::int64_t r = 0; r < rows.rows; ++r) loss += loss_[r];
    return loss;
  }

  double improve_row(CsrView rows, std::int64_t r, const Matrix& fixed, Matrix& solved, Worker& own) const {
    const auto penalty = static_cast<float>(weights_.ridge(rows, r));
    const RowSystem system{fixed.view(), rows.row_indices(r), whole_gram_.view(), penalty};
    return solution_.block > 0 ? own.subspaces.improve(system, solved.row(r))
                               : own.gradient.solve(system, solution_.cg_steps, solved.row(r));
  }

  /// The loss at the optimum is Σ_rated 1 - Σ_rated q · p.
  double solve_row(CsrView rows, std::int64_t r, const Matrix& fixed, Matrix& solved,
                   NormalEquations& equations) const {
    equations.start_from(gram_.sum(), static_cast<float>(weights_.alpha));
    equations.add(fixed.view(), rows.row_indices(r), nullptr);
    equations.add_diagonal(static_cast<float>(weights_.ridge(rows, r)));
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
  Array<std::int32_t> rated_users_;
  Array<std::int32_t> rated_items_;
  std::int64_t factors_;
  IalsWeights weights_;
  RowSolution solution_;
  Matrix users_;  // rows × padded width, here and below
  Matrix items_;
  Array<double> loss_;  // by row of the side being solved; summed in the order of the rows
  Gram gram_;
  Matrix whole_gram_;  // alpha Q'Q, for rows that are not solved exactly
  Array<Worker> workers_;
};

}  // namespace

MethodInfo ials_info() {
  return {"factorization",
          "Implicit feedback by alternating least squares over all pairs",
          "Hu, Koren, Volinsky 2008; Rendle, Krichene, Zhang, Koren 2022, equations 4 to 6",
          {.rating = false, .fold_in = true},
          {{"factors", 64, 64, 1, 1024, true, "length of the vectors"},
           {"epochs", 12, 12, 1, 10000, true, "sweeps: all users, then all movies"},
           {"regularization", 0.0045, 0.0045, 0, 1e6, false, "of a vector, times (its ratings + alpha × columns)^nu"},
           alpha_spec(),
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
