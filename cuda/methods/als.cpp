// als: explicit ratings by alternating least squares, the twin of host/methods/als.cpp: the same systems, solved for
// all rows of a side by cuda/math/normal_equations.hpp, from the same initial vectors.
#include <algorithm>

#include "cuda/learning/first_vectors.hpp"
#include "cuda/math/normal_equations.hpp"
#include "cuda/math/ridges.hpp"
#include "cuda/methods/baselines.hpp"
#include "cuda/trainers.hpp"
#include "host/span.hpp"

namespace embrace::gpu {
namespace {

MemoryPlan plan(const Problem& problem) {
  const std::int64_t factors = problem.hyper.integer("factors");
  const CsrView ratings = problem.ratings, by_item = problem.by_item;
  const Solver solver = usual_solver(factors);
  return MemoryPlan()
      .add("ratings by user", PlannedRows::bytes(ratings))
      .add("ratings by item", PlannedRows::bytes(by_item))
      .add("model", embedding_bytes(problem, factors))
      .add("ridges and losses", 12 * (problem.users() + problem.items()))
      .add("pieces of long rows",
           std::max(solver_bytes(ratings, factors, solver), solver_bytes(by_item, factors, solver)))
      .at_least("ratings by item, while they are sorted", PlannedRatings::making_bytes(problem));
}

class Als final : public EmbeddingTrainer {
 public:
  Als(DevicePtr shared, const Problem& problem)
      : EmbeddingTrainer(std::move(shared), problem, plan(problem)),
        rows_(device(), problem),
        regularization_(problem.hyper["regularization"]),
        exponent_(problem.hyper["nu"]),
        bias_regularization_(problem.hyper["bias_regularization"]),
        solver_(usual_solver(problem.hyper.integer("factors"))),
        mean_(global_mean(device(), rows_.by_user.matrix)),
        user_ridge_(ridge_of(problem.ratings)),
        item_ridge_(ridge_of(problem.by_item)),
        loss_(device(), users_ + items_) {
    make_vectors(problem.hyper.integer("factors"));
    make_biases();
    model_.offset = static_cast<float>(mean_);
    draw_factors(device(), problem.seed, 0, rows_.by_item.matrix.view().offsets, first_deviation, model_.items.view());
  }

  EpochResult epoch() override {
    const DeviceSpan<double> of_items = loss_.span().part(0, items_), of_users = loss_.span().part(items_, users_);
    solve_users(rows_.by_user, user_ridge_.span(), true, of_users);
    solve_rows(device(), rows_.by_item.matrix.view(), rows_.by_item.plan.view(),
               {.fixed = std::as_const(model_.users).view(),
                .fixed_bias = model_.user_bias.span(),
                .ridge = item_ridge_.span(),
                .mean = mean_,
                .bias_ridge = bias_regularization_,
                .solved = model_.items.view(),
                .bias = model_.item_bias.span(),
                .loss = of_items},
               solver_);
    // The items' losses are of the model as it is now; what they lack are the users' penalties.
    compute_penalties(device(), std::as_const(model_.users).view(), user_ridge_.span(), model_.user_bias.span(),
                      bias_regularization_, of_users);
    return mean_loss(std::as_const(loss_).span(), rows_.by_user.matrix.view().entries());
  }

  void fold_in(CsrView ratings) override {
    const DeviceBuffer<float> ridge = ridge_of(ratings);
    DeviceBuffer<double> loss(device(), users_);
    solve_users(PlannedRows(device(), ratings), ridge.span(), false, loss.span());
  }

 private:
  static constexpr double first_deviation = 0.1;

  DeviceBuffer<float> ridge_of(CsrView rows) const { return ridges(device(), rows, regularization_, 0, exponent_); }

  void solve_users(const PlannedRows& rows, DeviceSpan<const float> ridge, bool clear_empty, DeviceSpan<double> loss) {
    solve_rows(device(), rows.matrix.view(), rows.plan.view(),
               {.fixed = std::as_const(model_.items).view(),
                .fixed_bias = model_.item_bias.span(),
                .ridge = ridge,
                .mean = mean_,
                .bias_ridge = bias_regularization_,
                .clear_empty = clear_empty,
                .solved = model_.users.view(),
                .bias = model_.user_bias.span(),
                .loss = loss},
               solver_);
  }

  PlannedRatings rows_;
  double regularization_;
  double exponent_;
  double bias_regularization_;
  Solver solver_;
  double mean_;
  DeviceBuffer<float> user_ridge_;
  DeviceBuffer<float> item_ridge_;
  DeviceBuffer<double> loss_;  // by item, then by user
};

}  // namespace

std::unique_ptr<Trainer> make_als(DevicePtr device, const Problem& problem) {
  return std::make_unique<Als>(std::move(device), problem);
}

}  // namespace embrace::gpu
