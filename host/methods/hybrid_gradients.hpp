// What the samples of a batch of `hybrid` say of the representations that they have read (host/methods/hybrid.cpp):
// gradients of slots, sums over the samples of each, c being a sample's coefficient:
//   g(user) = Σ c (q_i - q_j + q_c)   g(movie) = Σ ±c (q_u + q_c)   g(context) = Σ c (q_u + q_i)
#pragma once
#include <cstdint>

#include "host/learning/adagrad_side.hpp"
#include "host/math/vector_math.hpp"
#include "host/span.hpp"

namespace embrace {

struct HybridGradients {
  const AdagradSide& users;
  const AdagradSide& items;
  const AdagradSide* contexts;     // null when the problem has none
  Span<const float> coefficients;  // of each sample: derivative of the loss by the score
  bool paired;                     // of n samples, read n + s of items is the sampled movie of sample s

  /// Each lists the vector of a slot's gradient and returns its bias.
  float of_user(std::int64_t slot, RowSums& vector) const;
  float of_item(std::int64_t slot, RowSums& vector) const;
  float of_context(std::int64_t slot, RowSums& vector) const;
};

}  // namespace embrace
