// What methods of nearest neighbours share: the mean of what neighbours say of an item, or its sum.
#pragma once
#include <optional>

#include "host/array.hpp"
#include "host/learning/biases.hpp"
#include "host/learning/history.hpp"
#include "host/learning/row_trainer.hpp"
#include "host/math/neighbors.hpp"

namespace embrace {

/// Ratings: with b_ui of fit_biases() and x_ui = r_ui - b_ui,  r(u, i) = b_ui + Σ s x / (Σ s + damping) over the
/// neighbours that have something to say of i. Rankings: score(u, i) = Σ s over them; every pair says 1, whatever its
/// rating. A user who has nothing scores by biases alone, or 0 throughout.
class NeighborTrainer : public RowTrainer {
 public:
  void fold_in(CsrView ratings) override;

 protected:
  explicit NeighborTrainer(const Problem& problem);

  /// For each neighbour with similarity s that has the value x for item i: sums[i] += s x and, when there are
  /// `weights`, weights[i] += s.
  virtual void ask_neighbors(std::int32_t user, float* sums, float* weights) const = 0;
  /// Users held out of training got these values.
  virtual void know(CsrView /*values*/) {}
  void score_user(std::int32_t user, float* scores) const override;

  /// What was trained on, users × items and transposed, with x, or ones, for values.
  CsrView by_user() const { return with_values(ratings_, by_user_values_); }
  CsrView by_item() const { return with_values(by_item_, by_item_values_); }
  EpochResult result_of(const Csr& neighbors) const;

  NeighborSettings settings_;
  History history_;  // with values as above

 private:
  static CsrView with_values(CsrView matrix, const Array<float>& values) {
    return {matrix.offsets, matrix.indices, values.data(), matrix.rows, matrix.columns};
  }
  /// x of each entry of users × items; ones when there are no biases.
  Array<float> values_of(CsrView ratings) const;

  CsrView ratings_, by_item_;
  float damping_ = 0;
  std::optional<Biases> biases_;  // of ratings
  Array<float> by_user_values_, by_item_values_;
};

}  // namespace embrace
