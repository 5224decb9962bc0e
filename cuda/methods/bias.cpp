// bias: mean + b_u + b_i, both regularized, solved in turn, items first; the twin of host/methods/bias.cpp.
#include "cuda/math/sums.hpp"
#include "cuda/methods/baselines.hpp"
#include "cuda/trainers.hpp"

namespace embrace::gpu {
namespace {

MemoryPlan plan(const Problem& problem) {
  return MemoryPlan()
      .add("ratings by user", PlannedRows::bytes(problem.ratings))
      .add("ratings by item", PlannedRows::bytes(problem.by_item))
      .add("biases", 4 * (problem.users() + problem.items()))
      .at_least("ratings by item, while they are sorted", PlannedRatings::making_bytes(problem));
}

class Bias final : public EmbeddingTrainer {
 public:
  Bias(DevicePtr shared, const Problem& problem)
      : EmbeddingTrainer(std::move(shared), problem, plan(problem)),
        rows_(device(), problem),
        mean_(global_mean(device(), rows_.by_user.matrix)),
        user_regularization_(problem.hyper["user_regularization"]),
        item_regularization_(problem.hyper["item_regularization"]) {
    make_biases();
    model_.offset = static_cast<float>(mean_);
  }

  EpochResult epoch() override {
    DeviceSpan<float> users = model_.user_bias.span(), items = model_.item_bias.span();
    solve_biases(device(), rows_.by_item, {mean_, item_regularization_, 0.0}, users, items);
    solve_biases(device(), rows_.by_user, {mean_, user_regularization_, 0.0}, items, users);
    return {sum_of_squares(device(), users), rows_.by_user.matrix.view().entries()};  // waits for all of it
  }

  void fold_in(CsrView ratings) override {
    solve_biases(device(), PlannedRows(device(), ratings), {mean_, user_regularization_, {}}, model_.item_bias.span(),
                 model_.user_bias.span());
  }

 private:
  PlannedRatings rows_;
  double mean_;
  double user_regularization_;
  double item_regularization_;
};

}  // namespace

std::unique_ptr<Trainer> make_bias(DevicePtr device, const Problem& problem) {
  return std::make_unique<Bias>(std::move(device), problem);
}

}  // namespace embrace::gpu
