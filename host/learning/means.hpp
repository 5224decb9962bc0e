// Means of ratings, and models of biases alone: what the plain baselines are made of.
#pragma once

#include "host/array.hpp"
#include "host/learning/embedding_trainer.hpp"
#include "host/math/aggregate.hpp"

namespace embrace {

/// Mean of each row; `otherwise` for rows without ratings.
Array<float> row_means(const RatingAggregates& rows, double otherwise);

/// A trainer whose score is offset + user bias + item bias.
class BiasTrainer : public EmbeddingTrainer {
 public:
  explicit BiasTrainer(const Problem& problem)
      : EmbeddingTrainer(problem.threads), users_(problem.users()), items_(problem.items()) {}
  std::optional<EmbeddingView> embedding() const override {
    return EmbeddingView{{nullptr, users_, 0, 0}, {nullptr, items_, 0, 0}, user_bias_, item_bias_, offset_};
  }

 protected:
  std::int64_t users_;
  std::int64_t items_;
  Array<float> user_bias_;
  Array<float> item_bias_;
  float offset_ = 0;
};

}  // namespace embrace
