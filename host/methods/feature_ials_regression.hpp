// Vectors of features regressed on those of the users or movies that have them, of feature-ials:
//   Σ_e Λ_e |q_e - Σ_f x_ef w_f|² + δ Σ_f |w_f|²
// over the users or movies e with ratings. The normal equations (X'ΛX + δ 1) W = X'ΛQ have the same matrix for every
// factor and no rating in them. They are never formed: steps of conjugate gradients (Hestenes and Stiefel 1952) for all
// factors side by side, each with lengths of its own, begin where the last call ended, so that no call raises the sum.
// Unknowns are scaled to a matrix with ones on its diagonal (Jacobi): a rare feature is found as fast as a common one.
// Cost of a step: 4 · entries of X · width floating-point operations.
#pragma once
#include <cstdint>

#include "host/array.hpp"
#include "host/matrix.hpp"
#include "host/methods/feature_ials_system.hpp"
#include "host/threads.hpp"

namespace embrace::cpu {

class FeatureRegression {
 public:
  /// W = 0.
  FeatureRegression(FeatureSystem system, std::int64_t width);

  /// Steps towards the regression of `vectors`, a row for each user or movie.
  void fit(const Matrix& vectors, Threads& threads);

  /// Σ_f x_ef w_f, a row for each e, also without ratings.
  const Matrix& fitted() const { return fitted_; }
  /// δ Σ_f |w_f|²
  double penalty() const;

 private:
  Array<double> start(const Matrix& vectors, Threads& threads);
  Array<double> step(const Array<double>& squares, Threads& threads);
  template <typename AddRow>
  Array<double> sums_by_factor(Threads& threads, const AddRow& add_row) const;

  FeatureSystem system_;
  Matrix unknowns_;  // u_f, a row for each feature; likewise the next three
  Matrix residual_, direction_, product_;
  Matrix fitted_;
  Matrix difference_;  // a row for each e
};

}  // namespace embrace::cpu
