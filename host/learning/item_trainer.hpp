// What all models of items on items share: the score of an item is the sum of its weights to what the user has.
#pragma once
#include "host/learning/history.hpp"
#include "host/learning/row_trainer.hpp"
#include "host/method.hpp"

namespace embrace {

/// score(u, i) = Σ of weight(j, i) over the items j of the user, in their order: the same bits for any number of
/// threads. A user who has nothing scores 0 throughout. Cost: one add_weights() for each item of a user.
class ItemTrainer : public RowTrainer {
 public:
  void fold_in(CsrView ratings) override { history_.fold_in(ratings); }

 protected:
  explicit ItemTrainer(const Problem& problem) : RowTrainer(problem), history_(problem.ratings) {}
  /// scores[i] += weight(item, i) for all items i: a row of a dense matrix (add_scaled) or of a sparse one.
  virtual void add_weights(std::int32_t item, float* scores) const = 0;
  void score_user(std::int32_t user, float* scores) const override;

 private:
  History history_;
};

}  // namespace embrace
