// What all trainers on a device share whose model is vectors and biases: they fill `model_` in epoch(); predictions
// and scores are computed where it lies, and embedding() copies it back when somebody asks.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "cuda/device/memory_plan.hpp"
#include "cuda/learning/embedding.hpp"
#include "cuda/math/scoring.hpp"
#include "host/matrix.hpp"
#include "host/method.hpp"
#include "host/span.hpp"

namespace embrace::gpu {

class EmbeddingTrainer : public Trainer {
 public:
  void predict(const PairsView& pairs, Span<float> out) const override;
  void score(Span<const std::int32_t> users, MatrixView out) const override;
  bool rank(Span<const std::int32_t> users, CsrView mask, std::int64_t depth, Span<ScoredItem> out) const override;
  std::optional<EmbeddingView> embedding() const override;
  std::string device_memory() const override { return plan_; }

 protected:
  /// Throws OutOfMemory, with the hint, when `plan` does not fit. Derived classes allocate after this.
  EmbeddingTrainer(DevicePtr device, const Problem& problem, const MemoryPlan& plan, const std::string& hint = {});
  Device& device() const { return *device_; }
  /// Makes the vectors of all users and items, or their biases, all zero.
  void make_vectors(std::int64_t factors);
  void make_biases();
  /// The mean of losses, which may be of parts of the ratings, over all of these; waits for the device. Throws
  /// Diverged.
  EpochResult mean_loss(DeviceSpan<const double> losses, std::int64_t ratings) const;

 private:
  /// Makes model_ what the last epoch has learned; called before it is read. For trainers that learn something else
  /// from which it follows.
  virtual void complete_model() const {}

  DevicePtr device_;  // before everything that lies on it

 protected:
  std::int64_t users_;
  std::int64_t items_;
  mutable DeviceEmbedding model_;  // complete_model() may fill it

 private:
  struct OnHost {
    Matrix users, items;
    std::vector<float> user_bias, item_bias;
  };
  std::string plan_;
  mutable OnHost host_;  // what embedding() shows
};

/// Bytes of the model of a trainer, for its plan.
std::int64_t embedding_bytes(const Problem& problem, std::int64_t factors);

}  // namespace embrace::gpu
