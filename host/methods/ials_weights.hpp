// What the implicit alternating methods weigh alike: a pair without a rating, and the penalty of a row.
#pragma once
#include <cstdint>

#include "host/hyper.hpp"
#include "host/views.hpp"

namespace embrace {

struct IalsWeights {
  /// From `alpha`, `regularization` and `nu`.
  explicit IalsWeights(const Hyper& hyper);

  /// λ (n + α columns)^ν of row r, which has n ratings.
  double ridge(CsrView rows, std::int64_t r) const;

  double alpha;  // of a pair without a rating; a rated pair weighs 1 + alpha
  double regularization;
  double exponent;
};

/// The hyper-parameter `alpha`, whose default follows from the data.
HyperSpec alpha_spec();

}  // namespace embrace
