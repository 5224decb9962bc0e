// ials: implicit feedback by alternating least squares, the twin of host/methods/ials.cpp: the same systems, solved or
// improved for all rows of a side by cuda/math/normal_equations.hpp, from the same initial vectors.
#include <algorithm>
#include <string>

#include "cuda/learning/first_vectors.hpp"
#include "cuda/math/product.hpp"
#include "cuda/math/ridges.hpp"
#include "cuda/math/subspace.hpp"
#include "cuda/methods/baselines.hpp"
#include "cuda/trainers.hpp"
#include "host/error.hpp"
#include "host/methods/ials_solution.hpp"
#include "host/span.hpp"

namespace embrace::gpu {
namespace {

Solver solver_of(const Problem& problem) {
  return embrace::row_solution(problem.hyper).cg_steps > 0 ? Solver::conjugate_gradients
                                                           : usual_solver(problem.hyper.integer("factors"));
}

std::int64_t half_sweep_bytes(const Problem& problem, CsrView ratings) {
  const std::int64_t factors = problem.hyper.integer("factors"), block = embrace::row_solution(problem.hyper).block;
  return block > 0 ? improve_blocks_bytes(ratings, factors, block) : solver_bytes(ratings, factors, solver_of(problem));
}

MemoryPlan plan(const Problem& problem) {
  const std::int64_t factors = problem.hyper.integer("factors");
  const std::int64_t width = padded_factors(factors);
  const CsrView ratings = problem.ratings, by_item = problem.by_item;
  return MemoryPlan()
      .add("ratings by user", PlannedRows::bytes(ratings))
      .add("ratings by item", PlannedRows::bytes(by_item))
      .add("model", embedding_bytes(problem, factors))
      .add("Gram matrix", DeviceMatrix::bytes(width, width))
      .add("ridges and losses", 12 * (problem.users() + problem.items()))
      .add("half-sweeps", std::max(half_sweep_bytes(problem, ratings), half_sweep_bytes(problem, by_item)))
      .at_least("ratings by item, while they are sorted", PlannedRatings::making_bytes(problem));
}

class Ials final : public EmbeddingTrainer {
 public:
  Ials(DevicePtr shared, const Problem& problem)
      : EmbeddingTrainer(std::move(shared), problem, plan(problem)),
        rows_(device(), problem),
        regularization_(problem.hyper["regularization"]),
        exponent_(problem.hyper["nu"]),
        alpha_(problem.hyper["alpha"]),
        solution_(embrace::row_solution(problem.hyper)),
        solver_(solver_of(problem)),
        user_ridge_(ridge_of(problem.ratings)),
        item_ridge_(ridge_of(problem.by_item)),
        loss_(device(), users_ + items_) {
    const std::int64_t factors = problem.hyper.integer("factors");
    const std::int64_t width = padded_factors(factors);
    make_vectors(factors);
    gram_ = DeviceMatrix(device(), width, width);
    // A user's score is then of the order of the deviation, whatever the number of factors.
    const double deviation = initial_deviation(problem.hyper);
    draw_factors(device(), problem.seed, 0, rows_.by_item.matrix.view().offsets, deviation, model_.items.view());
  }

  EpochResult epoch() override {
    const DeviceSpan<double> of_items = loss_.span().part(0, items_), of_users = loss_.span().part(items_, users_);
    half_sweep(rows_.by_user, user_ridge_.span(), model_.items, model_.users, of_users);
    half_sweep(rows_.by_item, item_ridge_.span(), model_.users, model_.items, of_items);
    // The items' losses are of the model as it is now; what they lack are the users' penalties.
    compute_penalties(device(), std::as_const(model_.users).view(), user_ridge_.span(), {}, 0, of_users);
    return mean_loss(std::as_const(loss_).span(), rows_.by_user.matrix.view().entries());
  }

  void fold_in(CsrView ratings) override {
    const DeviceBuffer<float> ridge = ridge_of(ratings);
    DeviceBuffer<double> loss(device(), users_);
    half_sweep(PlannedRows(device(), ratings), ridge.span(), model_.items, model_.users, loss.span());
  }

 private:
  DeviceBuffer<float> ridge_of(CsrView rows) const {
    return ridges(device(), rows, regularization_, alpha_ * static_cast<double>(rows.columns), exponent_);
  }

  void half_sweep(const PlannedRows& rows, DeviceSpan<const float> ridge, const DeviceMatrix& fixed,
                  DeviceMatrix& solved, DeviceSpan<double> loss) {
    form_gram(device(), fixed.view(), gram_.view());
    const ImplicitSystems systems{.fixed = fixed.view(),
                                  .gram = std::as_const(gram_).view(),
                                  .ridge = ridge,
                                  .alpha = static_cast<float>(alpha_),
                                  .solved = solved.view(),
                                  .loss = loss};
    if (solution_.cg_steps > 0) {
      improve_rows(device(), rows.matrix.view(), rows.plan.view(), systems, static_cast<int>(solution_.cg_steps));
    } else if (solution_.block > 0) {
      improve_blocks(device(), rows.matrix.view(), rows.plan.view(), systems, solution_.block);
    } else {
      solve_rows(device(), rows.matrix.view(), rows.plan.view(), systems, solver_);
    }
  }

  PlannedRatings rows_;
  double regularization_;
  double exponent_;
  double alpha_;
  embrace::RowSolution solution_;
  Solver solver_;
  DeviceBuffer<float> user_ridge_;
  DeviceBuffer<float> item_ridge_;
  DeviceMatrix gram_;          // of the side that is fixed
  DeviceBuffer<double> loss_;  // by item, then by user
};

}  // namespace

std::unique_ptr<Trainer> make_ials(DevicePtr device, const Problem& problem) {
  const std::int64_t block = std::min(embrace::row_solution(problem.hyper).block, problem.hyper.integer("factors"));
  if (block > most_cholesky_factors) {
    throw Unsupported("ials on CUDA devices takes blocks of up to " + std::to_string(most_cholesky_factors) +
                      " factors");
  }
  return std::make_unique<Ials>(std::move(device), problem);
}

}  // namespace embrace::gpu
