// What the kernels of `bayes` share: a relation block and its ratings on the device, by views, and what changes with
// the sweep. host/methods/bayes_block.hpp has the model; dimension 0 is the bias, the others are the factors.
#pragma once
#include <cstdint>
#include <type_traits>

#include "cuda/device/device.hpp"
#include "cuda/math/rows.hpp"
#include "host/methods/bayes_columns.hpp"
#include "host/methods/bayes_kernel.hpp"
#include "host/methods/bayes_prior.hpp"
#include "host/random.hpp"

namespace embrace::gpu {

using cpu::NormalPrior;

/// A number for each dimension of each row.
template <typename T>
struct BasicBayesView {
  DeviceMatrixView<T> vectors;
  DeviceSpan<T> bias;

  constexpr T& at(std::int64_t dimension, std::int64_t row) const {
    return dimension == 0 ? bias[row] : vectors(row, dimension - 1);
  }
  constexpr std::int64_t dimensions() const { return 1 + vectors.columns; }
  constexpr std::int64_t quads() const { return vectors.stride / 4; }
  constexpr operator BasicBayesView<const T>() const requires(!std::is_const_v<T>) { return {vectors, bias}; }
};
using BayesView = BasicBayesView<float>;
using ConstBayesView = BasicBayesView<const float>;

/// Zeros at first.
struct BayesTable {
  BayesTable() = default;
  BayesTable(Device& device, std::int64_t rows, std::int64_t factors)
      : vectors(device, rows, factors), bias(device, rows) {
    bias.clear();
  }
  static std::int64_t bytes(std::int64_t rows, std::int64_t factors) {
    return DeviceMatrix::bytes(rows, factors) + 4 * rows;
  }
  BayesView view() { return {vectors.view(), bias.span()}; }
  ConstBayesView view() const { return {vectors.view(), bias.span()}; }

  DeviceMatrix vectors;
  DeviceBuffer<float> bias;
};

/// Of the whole model. Each sweep begins with it and the host reads it when the sweep is over.
struct BayesSweep {
  double offset = 0;
  double precision = 1;  // α, of a rating
  double squares = 0;    // Σ residual² before the sweep
  float shift = 0;       // by which the sweep has moved the offset
};

/// Of residuals.
struct BayesSums {
  double sum, squares;
};
/// Of the readers of a column: Σ x² S and Σ x T.
struct BayesColumnSums {
  float squares, target;
};

/// What a kernel makes a Random of.
struct BayesNumbers {
  explicit BayesNumbers(const Random& random) : seed(random.seed()), stream(static_cast<Stream>(random.stream())) {}
  std::uint64_t seed;
  Stream stream;
};

/// Of output=probit: cutpoints, the outermost ones infinite, and the ratings of the levels between them. Without: none.
struct BayesLevels {
  DeviceSpan<const double> bounds;
  DeviceSpan<const float> values;
};

/// Columns [first, last) of features.
struct BayesField {
  std::int32_t first, last;
};

/// Four dimensions of a row, of which what its ratings say is summed at a time: with c of cuda/methods/bayes_rows.cu,
/// `state` has Σ c², Σ c · residual and the move of each, `cross` Σ c_i c_j of the pairs 01 02 03 12 13 23.
struct BayesQuad {
  cpu::RowState state[4];
  float cross[6];
};

struct BayesBlockView {
  // Ratings of the rows: entries [offsets[r], offsets[r + 1]).
  DeviceSpan<const std::int64_t> offsets;
  DeviceSpan<const std::int32_t> first;   // row of one other block
  DeviceSpan<const std::int32_t> second;  // and of another; empty: there is none
  DeviceSpan<const std::int64_t> order;   // entry of the ratings matrix; empty: the same
  DeviceSpan<float> residual;             // in this block's order
  RowPlanView plan;
  // Features of the rows, columns with a reader among the rows with ratings, fields.
  DeviceCsrView features;  // rows × columns
  DeviceCsrView readers;   // columns × rows with ratings
  DeviceSpan<const cpu::Column> columns;
  DeviceSpan<const BayesField> fields;
  // The model. Without columns `own` and `values` are the same memory.
  BayesView values;
  BayesView own;                   // of identities
  bool identity;                   // whether there are any
  BayesView weights;               // of columns
  DeviceSpan<NormalPrior> priors;  // dimensions × (fields + 1), that of identities behind the others
  DeviceSpan<BayesQuad> quads;     // by row; empty without columns
  BayesNumbers prior_random, row_random, column_random;
  double prior;  // β of host/methods/bayes_prior.hpp for fields of features

  constexpr NormalPrior& prior_of(std::int64_t dimension, std::int64_t field) const {
    return priors[dimension * (fields.size + 1) + field];
  }
  constexpr bool rated(std::int64_t row) const { return offsets[row] < offsets[row + 1]; }
};

/// What a sweep gives to a block.
struct BayesGiven {
  DeviceMatrixView<const float> first, second;  // factors of the other blocks; of the second none or no rows
  DeviceSpan<float> residuals;                  // in the order of the ratings matrix
  DeviceSpan<const BayesSweep> sweep;
  std::uint64_t number;  // of the sweep
};

}  // namespace embrace::gpu
