// One row of an alternating method solved approximately: some steps of conjugate gradients (Hestenes and Stiefel 1952)
// on its normal equations, which are never formed; after Takács, Pilászy and Tikk 2011 ("Applications of the conjugate
// gradient method for implicit feedback collaborative filtering"). A step costs 4 · ratings · width + 2 · width²
// floating-point operations and reads each vector once.
#pragma once
#include <cstdint>

#include "host/matrix.hpp"
#include "host/span.hpp"

namespace embrace {

/// (gram + Σ_e y_e y_e' + regularization · I) p = Σ_e y_e
struct RowSystem {
  ConstMatrixView y;                 // stride: whole panels, padding zero; columns: width of the system
  Span<const std::int32_t> indices;  // of the row's ratings
  ConstMatrixView gram;              // width × width, symmetric
  float regularization = 0;
};

class ConjugateGradient {
 public:
  explicit ConjugateGradient(std::int64_t width) : vectors_(4, width) {}

  /// Improves p, which holds the start, by at most `steps` steps. Returns Σ_e 1 - 2 b'p + p'A p with the final p: the
  /// row's loss with its penalty.
  double solve(const RowSystem& system, std::int64_t steps, float* p);

 private:
  Matrix vectors_;  // right-hand side, residual, direction, A times direction
};

}  // namespace embrace
