// What all trainers on a device share whose model is dense weights of items on items: they fill `weights_` in epoch();
// the score of an item is the sum of its weights to what the user has. The twin of host/learning/item_trainer.hpp.
#pragma once
#include <string>

#include "cuda/device/memory_plan.hpp"
#include "cuda/math/scoring.hpp"
#include "host/learning/history.hpp"
#include "host/method.hpp"
#include "host/span.hpp"

namespace embrace::gpu {

class ItemTrainer : public Trainer {
 public:
  void predict(const PairsView& pairs, Span<float> out) const override;
  void score(Span<const std::int32_t> users, MatrixView out) const override;
  bool rank(Span<const std::int32_t> users, CsrView mask, std::int64_t depth, Span<ScoredItem> out) const override;
  void fold_in(CsrView ratings) override;
  std::string device_memory() const override { return plan_; }

 protected:
  /// Throws OutOfMemory when weights, ratings and what `plan` adds to them do not fit.
  ItemTrainer(DevicePtr device, const Problem& problem, MemoryPlan plan);
  Device& device() const { return *device_; }
  /// What users have; before anything is folded in: the training part.
  const DeviceCsr& ratings() const { return ratings_; }

 private:
  Scorer scorer() const;

  DevicePtr device_;  // before everything that lies on it
  std::string plan_;
  embrace::History history_;
  DeviceCsr ratings_;  // history_, there

 protected:
  DeviceMatrix weights_;  // row j: from item j to all others
};

}  // namespace embrace::gpu
