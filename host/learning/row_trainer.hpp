// What all models share that score whole rows: pairs are predicted by the rows that they lie in.
#pragma once
#include "host/method.hpp"
#include "host/span.hpp"

namespace embrace {

class RowTrainer : public Trainer {
 public:
  /// Computes whole rows, one for each user that is asked for.
  void predict(const PairsView& pairs, Span<float> out) const override;
  void score(Span<const std::int32_t> users, MatrixView out) const override;

 protected:
  explicit RowTrainer(const Problem& problem) : Trainer(problem.threads), items_(problem.items()) {}
  /// Writes the user's scores of all items. Called by many threads at the same time.
  virtual void score_user(std::int32_t user, float* scores) const = 0;

  std::int64_t items_;
};

}  // namespace embrace
