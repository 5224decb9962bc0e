// item2vec on a device; the twin of host/methods/item2vec.cpp, with the same baskets, drawn items and formulas. The
// host waits for an epoch's baskets, to cut them into batches; then it only launches.
#include <algorithm>
#include <cmath>
#include <utility>

#include "cuda/device/phase.hpp"
#include "cuda/learning/embedding_trainer.hpp"
#include "cuda/math/adam.hpp"
#include "cuda/math/product.hpp"
#include "cuda/math/sums.hpp"
#include "cuda/methods/item2vec_model.hpp"
#include "cuda/trainers.hpp"
#include "host/error.hpp"
#include "host/span.hpp"

namespace embrace::gpu {
namespace {

/// All numbers of a matrix, with the zeros at the ends of its rows, which stay so.
DeviceSpan<float> all_of(DeviceMatrix& matrix) {
  const DeviceMatrixView<float> view = matrix.view();
  return {view.data, view.rows * view.stride};
}
DeviceSpan<const float> all_of(const DeviceMatrix& matrix) {
  const DeviceMatrixView<const float> view = matrix.view();
  return {view.data, view.rows * view.stride};
}

/// Of the mean over items with ratings, each one's; 0 of the others.
Array<float> shares_of_mean(CsrView by_item) {
  Array<float> shares(by_item.rows);
  std::int64_t rated = 0;
  for (std::int64_t i = 0; i < by_item.rows; ++i) rated += by_item.row_size(i) > 0 ? 1 : 0;
  for (std::int64_t i = 0; i < by_item.rows; ++i) {
    if (by_item.row_size(i) > 0) shares[i] = 1 / static_cast<float>(rated);
  }
  return shares;
}

MemoryPlan plan(const Problem& problem) {
  const Item2VecShape shape(problem);
  const std::int64_t entries = problem.ratings.entries();
  const std::int64_t groups = entries / embrace::Item2VecModel::group_items + entries / problem.hyper.integer("batch");
  return Item2VecModel::plan(problem)
      .add("moments", 4 * DeviceMatrix::bytes(shape.items, shape.factors))
      .add("ratings and baskets", UserRows::bytes(problem.ratings) + UserBaskets::bytes(problem) + 8 * (groups + 2) +
                                      8 * item2vec_loss_blocks(shape.rows()))
      .add("model", embedding_bytes(problem, shape.factors) + DeviceMatrix::bytes(shape.items + 1, shape.factors) +
                        4 * shape.items);
}

class Item2Vec final : public EmbeddingTrainer {
 public:
  Item2Vec(DevicePtr shared, const Problem& problem)
      : EmbeddingTrainer(std::move(shared), problem, plan(problem), "lower batch, window or factors"),
        rows_(device(), problem.ratings),
        user_baskets_(device(), problem),
        vectors_(device(), problem),
        cosines_(problem.hyper.integer("score") == 1),
        learning_rate_(problem.hyper["learning_rate"]),
        last_rate_(problem.hyper["last_rate"]),
        declared_(problem.hyper.integer("epochs")),
        batch_(problem.hyper.integer("batch")),
        first_moment_(device(), 2 * items_, vectors_.shape().factors),
        second_moment_(device(), 2 * items_, vectors_.shape().factors),
        losses_(device(), vectors_.loss_blocks()),
        known_(device(), items_, vectors_.shape().factors),
        mean_(device(), 1, vectors_.shape().factors),
        shares_(device(), Span<const float>(shares_of_mean(problem.by_item))) {
    make_vectors(vectors_.shape().factors);
  }

  EpochResult epoch() override {
    const embrace::Baskets baskets = user_baskets_.draw(device(), rows_.items.view(), epochs_);
    const Item2VecCuts cuts(baskets, batch_);
    const DeviceBuffer<std::int64_t> begins(device(), cuts.begins());
    losses_.clear();
    for (std::int64_t b = 0; b < cuts.batches(); ++b) {
      vectors_.differentiate(device(), cuts.batch(b, user_baskets_.view(), begins.span(), groups_), losses_.span());
      step(epochs_ + static_cast<double>(b) / static_cast<double>(cuts.batches()));
    }
    groups_ += cuts.groups();
    ++epochs_;
    represent();
    const double loss = sum(device(), std::as_const(losses_).span());  // waits for all of it
    if (!std::isfinite(loss) || !std::isfinite(sum_of_squares(device(), all_of(std::as_const(vectors_).table())))) {
      throw Diverged("the training loss is not finite; lower learning_rate");
    }
    return {loss / static_cast<double>(std::max<std::int64_t>(1, baskets.pairs())), rows_.items.view().entries()};
  }

  void fold_in(CsrView ratings) override {
    average(device(), UserRows(device(), ratings), known_.view(), model_.users.view());
  }

 private:
  /// `epochs`: how many are done, with the part of this one.
  void step(double epochs) {
    EMBRACE_PHASE("step");
    const double done = std::min(1.0, epochs / static_cast<double>(declared_));
    const embrace::AdamStep step(learning_rate_ * (1 - (1 - last_rate_) * done), 0, ++steps_);
    update_by_adam(
        device(), step, 0,
        {all_of(vectors_.gradient()), all_of(vectors_.table()), all_of(first_moment_), all_of(second_moment_)});
  }

  /// The vectors that scores are products of. Items without ratings have the mean of the others'.
  void represent() {
    represent_items(device(), cosines_, {std::as_const(vectors_).table().view()}, known_.view(), model_.items.view());
    const DeviceMatrixView<const float> shares{shares_.span().data, items_, 1, 1};
    for (DeviceMatrix* vectors : {&known_, &model_.items}) {
      multiply_by_transposed(device(), shares, std::as_const(*vectors).view(), 0, mean_.view());
      fill_in(device(), shares_.span(), std::as_const(mean_).view(), vectors->view());
    }
    average(device(), rows_, known_.view(), model_.users.view());
  }

  UserRows rows_;
  UserBaskets user_baskets_;
  Item2VecModel vectors_;
  bool cosines_;
  double learning_rate_;
  double last_rate_;  // share of it that is left in the end
  std::int64_t declared_;
  std::int64_t batch_;
  DeviceMatrix first_moment_, second_moment_;
  DeviceBuffer<double> losses_;  // of blocks of an epoch's batches
  DeviceMatrix known_;           // of items as something that a user has; model_.items: those that are scored
  DeviceMatrix mean_;
  DeviceBuffer<float> shares_;           // of the mean
  std::int64_t steps_ = 0, groups_ = 0;  // so far
  std::uint32_t epochs_ = 0;
};

}  // namespace

std::unique_ptr<Trainer> make_item2vec(DevicePtr device, const Problem& problem) {
  return std::make_unique<Item2Vec>(std::move(device), problem);
}

}  // namespace embrace::gpu
