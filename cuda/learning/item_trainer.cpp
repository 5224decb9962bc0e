#include "cuda/learning/item_trainer.hpp"

#include <utility>

#include "cuda/math/row_sums.hpp"
#include "host/span.hpp"

namespace embrace::gpu {
namespace {

/// The plan in words, if it fits.
std::string required(const Device& device, const MemoryPlan& plan) {
  plan.require(device, "methods of vectors, such as ials, need less, and so do fewer items");
  return plan.text(device);
}

}  // namespace

ItemTrainer::ItemTrainer(DevicePtr device, const Problem& problem, MemoryPlan plan)
    : Trainer(problem.threads),
      device_(std::move(device)),
      plan_(required(*device_, plan.add("ratings", DeviceCsr::bytes(problem.ratings))
                                   .add("weights", DeviceMatrix::bytes(problem.items(), problem.items())))),
      history_(problem.ratings),
      ratings_(*device_, history_.view()),
      weights_(*device_, problem.items(), problem.items()) {}

void ItemTrainer::fold_in(CsrView ratings) {
  history_.fold_in(ratings);
  ratings_ = DeviceCsr(*device_, history_.view());
}

Scorer ItemTrainer::scorer() const {
  return [this](DeviceSpan<const std::int32_t> users, DeviceMatrixView<float> scores) {
    sum_rows(*device_, ratings_.view(), weights_.view(), users, scores);
  };
}

void ItemTrainer::predict(const PairsView& pairs, Span<float> out) const {
  const PairScorer predict = [this](DeviceSpan<const std::int32_t> users, DeviceSpan<const std::int32_t> items,
                                    DeviceSpan<float> predicted) {
    sum_elements(*device_, ratings_.view(), weights_.view(), users, items, predicted);
  };
  predict_in_parts(*device_, predict, pairs, out);
}

void ItemTrainer::score(Span<const std::int32_t> users, MatrixView out) const {
  score_users(*device_, scorer(), users, out);
}

bool ItemTrainer::rank(Span<const std::int32_t> users, CsrView mask, std::int64_t depth, Span<ScoredItem> out) const {
  return rank_users(*device_, scorer(), users, mask, depth, out);
}

}  // namespace embrace::gpu
