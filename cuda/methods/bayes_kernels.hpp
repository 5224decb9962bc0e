// The steps of a sweep of `bayes` on the device. None of them waits.
#pragma once
#include <cstdint>
#include <vector>

#include "cuda/methods/bayes_model.hpp"
#include "host/span.hpp"

namespace embrace::gpu {

// cuda/methods/bayes_priors.cu

/// Draws the model that the first sweep begins with.
void start_block(Device& device, const BayesBlockView& block);
/// Blocks that sum residuals apart: rows of `partials`.
std::int64_t bayes_partials(std::int64_t ratings);
/// Of squares alone, for a model whose precision and offset are fixed.
void sum_squares(Device& device, DeviceSpan<const float> residuals, DeviceSpan<BayesSums> partials,
                 DeviceSpan<BayesSweep> out);
/// Draws α and the offset, given the residuals.
void draw_precision(Device& device, DeviceSpan<const float> residuals, const BayesNumbers& random, std::uint64_t sweep,
                    DeviceSpan<BayesSums> partials, DeviceSpan<BayesSweep> out);
/// Draws all priors of a block. What no rating speaks of is then where its prior expects it.
void draw_priors(Device& device, const BayesBlockView& block, std::uint64_t sweep);
/// Rows without ratings, or all.
enum class BayesRows { cold, all };
/// values = own + Σ x w over the features.
void represent(Device& device, const BayesBlockView& block, BayesRows which);
/// The same of other rows of features, which have no identity.
void represent(Device& device, DeviceCsrView features, const ConstBayesView& weights, const BayesView& out);

// cuda/methods/bayes_rows.cu

/// Draws all identities of a block without columns, dimension after dimension.
void sample_rows(Device& device, const BayesBlockView& block, const BayesGiven& given);
/// Of a block with columns, pass 0 sums the bias and pass p the quad p - 1 of factors, once the residuals have
/// forgotten what moved in the pass before; the last one, with no quad left, is for that alone.
void pass_rows(Device& device, const BayesBlockView& block, const BayesGiven& given, std::int64_t pass);
/// Draws the identities' part of a dimension whose quad is summed.
void draw_identities(Device& device, const BayesBlockView& block, const BayesGiven& given, std::int64_t dimension);

// cuda/methods/bayes_columns.cu

/// Columns [first, first + count) of BayesBlockView::columns that a launch or three draw.
struct ColumnStep {
  enum class Kind {
    in_turn,  // by one block, one after the other
    apart,    // columns that share no row, a block each
    spread,   // one column with many readers, by many blocks
  };
  Kind kind;
  std::int64_t first, count;
  std::int64_t readers;  // of a column alone

  bool operator==(const ColumnStep&) const = default;
};
/// In the order of the columns.
std::vector<ColumnStep> column_steps(CsrView readers, Span<const cpu::Column> columns);
/// How many there are for the columns of many readers: sums, and a move behind them.
std::int64_t column_partials(Span<const ColumnStep> steps);
/// Bytes of them in a block of so many rows, at most.
std::int64_t most_column_partials(std::int64_t rows);
/// Draws the weights of a dimension whose quad is summed and whose identities are drawn.
void draw_columns(Device& device, const BayesBlockView& block, const BayesGiven& given, std::int64_t dimension,
                  Span<const ColumnStep> steps, DeviceSpan<BayesColumnSums> partials);

// cuda/methods/bayes_pairs.cu

/// The whole model, to be read.
struct BayesModel {
  DeviceMatrixView<const float> users, items;
  DeviceSpan<const float> user_bias, item_bias;
  DeviceSpan<const BayesSweep> sweep;
};
/// Pairs, and the values of their contexts, if they have any.
struct BayesPairs {
  DeviceSpan<const std::int32_t> users, items;
  DeviceSpan<const std::int32_t> contexts;  // row of `values`; empty: without
  DeviceMatrixView<const float> vectors;
  DeviceSpan<const float> bias;
};
/// residuals = ratings - scores; both may be the same memory.
void subtract_scores(Device& device, const BayesModel& model, const BayesPairs& pairs, DeviceSpan<const float> ratings,
                     DeviceSpan<float> residuals);
void write_scores(Device& device, const BayesModel& model, const BayesPairs& pairs, DeviceSpan<float> scores);
/// sums += what ratings are expected to be, or that alone.
void add_expected(Device& device, const BayesModel& model, const BayesPairs& pairs, const BayesLevels& levels,
                  bool anew, DeviceSpan<double> sums);

}  // namespace embrace::gpu
