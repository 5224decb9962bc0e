// One row of an implicit alternating method improved block by block of its vector (iALS++: Rendle, Krichene, Zhang and
// Koren 2021, "iALS++: Speeding up matrix factorization with subspace optimization", algorithm 2). A block of b factors
// moves to its exact minimum while the others rest:
//   (gram_bb + Σ_e y_eb y_eb' + regularization · I) d = Σ_e (1 - y_e · p) y_eb - (gram p)_b - regularization · p_b
//   p_b += d
// which never raises the loss. Cost of all k / b blocks: ratings · k · b + k · b² / 3 + 4 ratings · k + 2 k²
// floating-point operations, where the whole solution takes ratings · k² + k³ / 3.
#pragma once
#include <cstdint>

#include "host/array.hpp"
#include "host/math/conjugate_gradients.hpp"
#include "host/math/normal_equations.hpp"

namespace embrace {

class Subspaces {
 public:
  /// `width` factors in blocks of `block`, both whole panels; the last block may be smaller.
  Subspaces(std::int64_t width, std::int64_t block);

  /// Once all blocks of the row p, in their order. Returns the row's loss with its penalty.
  double improve(const RowSystem& system, float* p);

 private:
  std::int64_t width_, block_;
  NormalEquations equations_;
  AlignedVector<float> product_;  // gram p
  AlignedVector<float> move_;     // d
  Array<float> missing_;          // 1 - y_e · p
};

}  // namespace embrace
