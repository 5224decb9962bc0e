// Features of a relation block: one after the other, each given all others.
#pragma once
#include <cstdint>

#include "host/methods/bayes_kernel.hpp"
#include "host/methods/bayes_prior.hpp"
#include "host/span.hpp"
#include "host/views.hpp"

namespace embrace::cpu {

/// A column of features that a row with ratings reads, and the field whose prior it has.
struct Column {
  std::int32_t index, field;
};

/// One dimension. `readers`: columns × rows with their values x; `priors` by field, `noise` standard normal and
/// `weights` by column; `precision` of a rating. What the rows' ratings say is in `state`, by row, and so is what
/// changes:
///   w ~ Normal((λ μ + α (Σ x T + w Σ x² S)) / P, 1 / P)   P = λ + α Σ x² S
/// with S and T a row's squares and target, sums over the rows that read the column.
void draw_columns(CsrView readers, Span<const Column> columns, const NormalPrior* priors, float precision,
                  const float* noise, float* weights, RowState* state);

}  // namespace embrace::cpu
