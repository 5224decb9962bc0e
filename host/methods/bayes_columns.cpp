#include "host/methods/bayes_columns.hpp"

#include <cmath>

namespace embrace::cpu {
namespace {

/// Σ x² S and Σ x T.
struct ColumnSums {
  float squares = 0, target = 0;
  void add(float x, const RowState& state) {
    squares += x * x * state.squares;
    target += x * state.target;
  }
};

/// Four sums by turns, whose additions do not wait for each other.
ColumnSums sums_of(Span<const std::int32_t> rows, const float* x, const RowState* state) {
  ColumnSums sums[4];
  std::int64_t n = 0;
  for (; n + 4 <= rows.size(); n += 4) {
    for (int s = 0; s < 4; ++s) sums[s].add(x[n + s], state[rows[n + s]]);
  }
  for (; n < rows.size(); ++n) sums[0].add(x[n], state[rows[n]]);
  return {(sums[0].squares + sums[1].squares) + (sums[2].squares + sums[3].squares),
          (sums[0].target + sums[1].target) + (sums[2].target + sums[3].target)};
}

}  // namespace

void draw_columns(CsrView readers, Span<const Column> columns, const NormalPrior* priors, float precision,
                  const float* noise, float* weights, RowState* state) {
  for (const Column& column : columns) {
    const auto rows = readers.row_indices(column.index);
    const float* x = readers.row_values(column.index).data();
    const ColumnSums sums = sums_of(rows, x, state);
    const NormalPrior& prior = priors[column.field];
    float& w = weights[column.index];
    const float total = prior.precision + precision * sums.squares;
    const float mean = (prior.precision * prior.mean + precision * (sums.target + sums.squares * w)) / total;
    const float drawn = mean + noise[column.index] / std::sqrt(total);
    const float move = drawn - w;
    w = drawn;
    for (std::int64_t n = 0; n < rows.size(); ++n) {
      RowState& s = state[rows[n]];
      s.target -= s.squares * x[n] * move;
      s.move += x[n] * move;
    }
  }
}

}  // namespace embrace::cpu
