// A side of a model made of EmbeddingTables that learns by Adagrad (Duchi et al. 2011, "Adaptive subgradient methods",
// figure 1, its diagonal form), with a penalty that each sample pays for what it reads:
//   g = Σ value · gradient of the slots + penalty · Σ over samples value² · w;   G += g²;   w -= rate g / sqrt(G)
// where G begins at 1. Gradients are sums over the samples of a batch, not means: the penalty keeps its meaning for any
// size of a batch.
#pragma once
#include <cstdint>

#include "host/learning/sides.hpp"
#include "host/math/vector_math.hpp"

namespace embrace {

struct AdagradSide {
  struct RowRates {
    float penalty;  // for each sample that reads the row
    float step;     // learning rate
  };

  AdagradSide(ModelSide start, double learning_rate);
  /// Of a row of the table with the sum of its gradients.
  AdagradRow step(std::int64_t row, const float* vector, EmbeddingTable::RowGradient from);
  /// Updates touched rows [begin, end) of the batch with what `gradients` has; `vectors` of factors() columns and
  /// `steps` are memory to work in.
  void update_rows(std::int64_t begin, std::int64_t end, RowSums& vectors, Array<AdagradRow>& steps);
  /// Likewise the rows of frozen columns [begin, end).
  void update_frozen(std::int64_t begin, std::int64_t end, Array<AdagradRow>& steps);

  EmbeddingTable table;
  Matrix sums;                   // G, as the table's rows
  Array<RowRates> rates;         // by row
  const Slots* slots = nullptr;  // of the batch at hand
  SlotValues values, gradients;  // by slot
};

}  // namespace embrace
