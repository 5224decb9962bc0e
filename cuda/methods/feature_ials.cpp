// feature-ials on a device, the twin of host/methods/feature_ials.cpp: the rows of a side are solved with what features
// say as prior by cuda/math/normal_equations.hpp, then features learn what the rows have become. The host only
// launches; nothing comes back before the end of an epoch.
#include <algorithm>
#include <optional>
#include <utility>

#include "cuda/learning/first_vectors.hpp"
#include "cuda/math/normal_equations.hpp"
#include "cuda/math/product.hpp"
#include "cuda/math/ridges.hpp"
#include "cuda/methods/baselines.hpp"
#include "cuda/methods/feature_ials_kernels.hpp"
#include "cuda/methods/feature_ials_regression.hpp"
#include "cuda/trainers.hpp"
#include "host/methods/feature_ials_system.hpp"
#include "host/methods/ials_weights.hpp"

namespace embrace::gpu {
namespace {

/// What the host makes for a start; nothing for a side without features.
struct HostModel {
  explicit HostModel(const Problem& problem) : weights(problem.hyper) {
    const double share = problem.hyper["feature_regularization"];
    users = feature_system(problem.user_features, problem.ratings, weights, share, problem.threads);
    items = feature_system(problem.item_features, problem.by_item, weights, share, problem.threads);
  }
  std::int64_t features() const { return (users ? users->features() : 0) + (items ? items->features() : 0); }

  embrace::IalsWeights weights;
  std::optional<embrace::FeatureSystem> users, items;
};

/// Of pairs and penalties by item, then of users, then of features.
std::int64_t losses_of(const Problem& problem, const HostModel& model) {
  return 2 * problem.items() + problem.users() + model.features();
}

MemoryPlan plan(const Problem& problem, const HostModel& model) {
  const std::int64_t factors = problem.hyper.integer("factors"), width = padded_factors(factors);
  const CsrView ratings = problem.ratings, by_item = problem.by_item;
  const Solver solver = usual_solver(factors);
  const auto bytes = [&](const std::optional<embrace::FeatureSystem>& system) {
    return system ? FeatureRegression::bytes(*system, factors) : 0;
  };
  return MemoryPlan()
      .add("ratings by user", PlannedRows::bytes(ratings))
      .add("ratings by item", PlannedRows::bytes(by_item))
      .add("model", embedding_bytes(problem, factors))
      .add("features", bytes(model.users) + bytes(model.items))
      .add("Gram matrix", DeviceMatrix::bytes(width, width))
      .add("ridges and losses", 4 * (problem.users() + problem.items()) + 8 * losses_of(problem, model))
      .add("pieces of long rows",
           std::max(solver_bytes(ratings, factors, solver), solver_bytes(by_item, factors, solver)))
      .at_least("ratings by item, while they are sorted", PlannedRatings::making_bytes(problem));
}

/// Users or movies.
struct Side {
  DeviceMatrixView<const float> said() const {
    return regression ? regression->fitted() : DeviceMatrixView<const float>{};
  }
  std::int64_t features() const { return regression ? regression->features() : 0; }

  const PlannedRows& ratings;
  DeviceMatrix& vectors;
  DeviceBuffer<float> ridge;
  std::optional<FeatureRegression> regression;
};

std::optional<FeatureRegression> regression_of(Device& device, const std::optional<embrace::FeatureSystem>& system,
                                               std::int64_t factors) {
  if (!system) return std::nullopt;
  return FeatureRegression(device, *system, factors);
}

class FeatureIals final : public EmbeddingTrainer {
 public:
  FeatureIals(DevicePtr shared, const Problem& problem, const HostModel& model)
      : EmbeddingTrainer(std::move(shared), problem, plan(problem, model)),
        weights_(model.weights),
        solver_(usual_solver(problem.hyper.integer("factors"))),
        rows_(device(), problem),
        of_users_{rows_.by_user, model_.users, ridge_of(problem.ratings),
                  regression_of(device(), model.users, problem.hyper.integer("factors"))},
        of_items_{rows_.by_item, model_.items, ridge_of(problem.by_item),
                  regression_of(device(), model.items, problem.hyper.integer("factors"))},
        loss_(device(), losses_of(problem, model)) {
    const std::int64_t factors = problem.hyper.integer("factors"), width = padded_factors(factors);
    make_vectors(factors);
    gram_ = DeviceMatrix(device(), width, width);
    draw_factors(device(), problem.seed, 0, rows_.by_item.matrix.view().offsets, initial_deviation(problem.hyper),
                 model_.items.view());
  }

  EpochResult epoch() override {
    const DeviceSpan<double> pairs = loss_.span().part(0, items_), item_penalty = loss_.span().part(items_, items_),
                             user_penalty = loss_.span().part(2 * items_, users_);
    const std::int64_t first_feature = 2 * items_ + users_;
    // The losses of users are of items that move yet: penalties take their place.
    solve(of_users_.ratings, of_users_.ridge.span(), of_items_, of_users_, user_penalty);
    regress(of_users_, user_penalty, first_feature);
    solve(of_items_.ratings, of_items_.ridge.span(), of_users_, of_items_, pairs);
    take_penalties_out(device(), view_of(of_items_), pairs);
    regress(of_items_, item_penalty, first_feature + of_users_.features());
    return mean_loss(std::as_const(loss_).span(), rows_.by_user.matrix.view().entries());
  }

  void fold_in(CsrView ratings) override {
    const DeviceBuffer<float> ridge = ridge_of(ratings);
    DeviceBuffer<double> loss(device(), users_);
    solve(PlannedRows(device(), ratings), ridge.span(), of_items_, of_users_, loss.span());
  }

 private:
  DeviceBuffer<float> ridge_of(CsrView rows) const {
    return ridges(device(), rows, weights_.regularization, weights_.alpha * static_cast<double>(rows.columns),
                  weights_.exponent);
  }

  static RegressedRows view_of(Side& side) {
    return {side.ratings.matrix.view().offsets, std::as_const(side.ridge).span(), side.vectors.view(), side.said()};
  }

  /// Of the rows with ratings; without features the others are zero.
  void find_gram(Side& side) {
    if (!side.regression) return form_gram(device(), std::as_const(side.vectors).view(), gram_.view());
    copy_rated_rows(device(), view_of(side), side.regression->room());
    form_gram(device(), side.regression->room(), gram_.view());
  }

  void solve(const PlannedRows& ratings, DeviceSpan<const float> ridge, Side& fixed, Side& solved,
             DeviceSpan<double> loss) {
    find_gram(fixed);
    solve_rows(device(), ratings.matrix.view(), ratings.plan.view(),
               ImplicitSystems{.fixed = std::as_const(fixed.vectors).view(),
                               .gram = std::as_const(gram_).view(),
                               .ridge = ridge,
                               .alpha = static_cast<float>(weights_.alpha),
                               .prior = solved.said(),
                               .solved = solved.vectors.view(),
                               .loss = loss},
               solver_);
  }

  /// `first`: where in loss_ what its features pay begins.
  void regress(Side& side, DeviceSpan<double> penalty, std::int64_t first) {
    if (side.regression) {
      side.regression->fit(device(), std::as_const(side.vectors).view());
      side.regression->find_penalties(device(), loss_.span().part(first, side.features()));
    }
    settle_rows(device(), view_of(side), penalty);
  }

  embrace::IalsWeights weights_;
  Solver solver_;
  PlannedRatings rows_;
  Side of_users_, of_items_;
  DeviceMatrix gram_;          // of the side that is fixed
  DeviceBuffer<double> loss_;  // losses_of
};

}  // namespace

std::unique_ptr<Trainer> make_feature_ials(DevicePtr device, const Problem& problem) {
  const HostModel model(problem);
  return std::make_unique<FeatureIals>(std::move(device), problem, model);
}

}  // namespace embrace::gpu
