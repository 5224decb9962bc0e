#include "cuda/learning/embedding_trainer.hpp"

#include <algorithm>
#include <cmath>

#include "cuda/device/phase.hpp"
#include "cuda/math/sums.hpp"
#include "host/error.hpp"
#include "host/span.hpp"

namespace embrace::gpu {
EmbeddingTrainer::EmbeddingTrainer(DevicePtr device, const Problem& problem, const MemoryPlan& plan,
                                   const std::string& hint)
    : Trainer(problem.threads), device_(std::move(device)), users_(problem.users()), items_(problem.items()) {
  plan.require(*device_, hint);
  plan_ = plan.text(*device_);
  make_vectors(0);
}

void EmbeddingTrainer::make_vectors(std::int64_t factors) {
  model_.users = DeviceMatrix(*device_, users_, factors);
  model_.items = DeviceMatrix(*device_, items_, factors);
}

void EmbeddingTrainer::make_biases() {
  model_.user_bias = {*device_, users_};
  model_.item_bias = {*device_, items_};
  model_.user_bias.clear();
  model_.item_bias.clear();
}

void EmbeddingTrainer::predict(const PairsView& pairs, Span<float> out) const {
  complete_model();
  const PairScorer predict = [this](DeviceSpan<const std::int32_t> users, DeviceSpan<const std::int32_t> items,
                                    DeviceSpan<float> predicted) {
    predict_pairs(*device_, model_.view(), users, items, predicted);
  };
  predict_in_parts(*device_, predict, pairs, out);
}

void EmbeddingTrainer::score(Span<const std::int32_t> users, MatrixView out) const {
  complete_model();
  const Scorer score = [this](DeviceSpan<const std::int32_t> chosen, DeviceMatrixView<float> scores) {
    score_items(*device_, model_.view(), chosen, scores);
  };
  score_users(*device_, score, users, out);
}

bool EmbeddingTrainer::rank(Span<const std::int32_t> users, CsrView mask, std::int64_t depth,
                            Span<ScoredItem> out) const {
  complete_model();
  const Ranker rank = [this](const Ranking& ranking) { rank_items(*device_, model_.view(), ranking); };
  return rank_users(*device_, rank, users, mask, depth, out);
}

std::optional<EmbeddingView> EmbeddingTrainer::embedding() const {
  complete_model();
  EMBRACE_PHASE("copy back");
  host_.users = download(*device_, model_.users);
  host_.items = download(*device_, model_.items);
  host_.user_bias = model_.user_bias.download();
  host_.item_bias = model_.item_bias.download();
  return EmbeddingView{{host_.users.data(), users_, host_.users.columns(), host_.users.columns()},
                       {host_.items.data(), items_, host_.items.columns(), host_.items.columns()},
                       host_.user_bias,
                       host_.item_bias,
                       model_.offset};
}

EpochResult EmbeddingTrainer::mean_loss(DeviceSpan<const double> losses, std::int64_t ratings) const {
  const double loss = sum(device(), losses);
  if (!std::isfinite(loss)) throw Diverged("the training loss is not finite");
  return {loss / static_cast<double>(std::max<std::int64_t>(1, ratings)), ratings};
}

std::int64_t embedding_bytes(const Problem& problem, std::int64_t factors) {
  return DeviceMatrix::bytes(problem.users() + problem.items(), factors) + 4 * (problem.users() + problem.items());
}

}  // namespace embrace::gpu
