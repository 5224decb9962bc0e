// A relation block of `bayes` (Rendle 2013, "Scaling factorization machines to relational data"): users, items, or
// contexts. All ratings of a row share its features, so that a sweep costs what the ratings and the features cost, and
// not their product: in one dimension what ratings say about a row is two sums, Σ c² and Σ c · residual, with which all
// features of the row are drawn, one after the other, before its ratings are looked at again.
//
// A row's value is that of its identity, where the block has one, plus Σ x w over its features. Each is drawn given all
// others (Rendle 2012, section 4.4.1), from the normal distribution that bayes_columns.hpp shows; an identity is a
// feature of one row. Identities share no ratings and are drawn by all threads at once; features are drawn in order by
// one.
#pragma once
#include <cstdint>

#include "host/array.hpp"
#include "host/math/row_schedule.hpp"
#include "host/matrix.hpp"
#include "host/method.hpp"
#include "host/methods/bayes_columns.hpp"
#include "host/methods/bayes_kernel.hpp"
#include "host/methods/bayes_prior.hpp"
#include "host/random.hpp"
#include "host/sparse.hpp"
#include "host/threads.hpp"

namespace embrace::cpu {

/// What a block is made of. Views outlive it.
struct BlockShape {
  std::int64_t rows = 0;
  bool identity = false;
  CsrView features{};  // rows × columns; none when it has no rows
  Span<const Field> fields{};
  ConstMatrixView vectors{};  // one field more, behind all others
};

/// The ratings of each row: entries [offsets[r], offsets[r + 1]) of `entries`, which are entries of the ratings matrix;
/// empty `entries` stands for 0, 1, 2 …
struct BlockRatings {
  Span<const std::int64_t> offsets;
  Span<const std::int64_t> entries{};
  Span<const std::int32_t> first;     // row of one other block, by entry of the ratings matrix
  Span<const std::int32_t> second{};  // of another, or empty
  std::int64_t first_rows = 0, second_rows = 0;
};

struct BlockModel {
  std::int64_t dimensions;  // the bias, then the factors
  double prior;             // β of bayes_prior.hpp for fields of features; that of identities is 1
};

class BayesBlock {
 public:
  /// `places`: of each entry of the ratings matrix in the array of residuals, whose order is that of the first block
  /// (which has none).
  BayesBlock(const BlockShape& shape, const BlockRatings& ratings, Span<const std::int64_t> places,
             const BlockModel& model, const Random& random, Threads& threads);

  std::int64_t rows() const { return rows_; }
  /// By row, and 0 behind the last.
  const float* values(std::int64_t dimension) const { return values_.row(dimension); }
  const Matrix& values() const { return values_; }
  const float* ones() const { return constants_.row(1); }
  const float* zeros() const { return constants_.row(0); }
  /// Where the ratings of each row lie in this block's order, and one more, its size.
  Span<const std::int64_t> begins() const { return offsets_; }

  /// Draws priors, then all parameters given those of the other blocks, whose values are `others` by dimension.
  void sample(Span<const Others> others, float precision, std::uint64_t sweep, float* residuals);

  /// Of the last sweep; the field behind those of features is identity.
  const NormalPrior& prior(std::int64_t dimension, std::int64_t field) const {
    return priors_[dimension * (fields_ + 1) + field];
  }

  /// Σ x w of rows of features, by dimension; columns of `out` behind them stay.
  void represent(CsrView rows, Matrix& out) const;

 private:
  void arrange(const BlockRatings& ratings, Span<const std::int64_t> places);
  void collect_features(const BlockShape& shape);
  void start();
  void draw_priors(std::uint64_t sweep);
  void draw_noise(std::uint64_t sweep);
  void set_cold_rows();
  Dimension dimension(std::int64_t d, const Others& others, float precision);

  std::int64_t rows_;
  std::int64_t dimensions_;
  double prior_;
  bool identity_;
  Threads& threads_;
  Random prior_random_, row_random_, column_random_;

  Array<std::int64_t> real_offsets_;  // without what fills the last group
  RowSchedule schedule_;
  Array<std::int64_t> offsets_;
  AlignedVector<std::int32_t> first_, second_;
  Array<std::int64_t> take_;        // place of each rating in the array of residuals; empty in its own order
  AlignedVector<float> residuals_;  // of its own order, when that is another
  AlignedVector<float> others_;

  Array<std::int32_t> trained_, cold_;  // rows
  Csr cold_features_;
  Csr readers_;            // columns × rows with ratings
  Array<Column> columns_;  // with a reader, ascending
  Array<std::int32_t> field_of_column_;
  std::int64_t fields_ = 0;  // of features; identity is a field of its own behind them

  Matrix values_;     // by dimension
  Matrix constants_;  // zeros, ones
  Matrix own_;        // of identities, by dimension
  Matrix weights_;    // of columns, by dimension
  Matrix row_noise_, column_noise_;
  Array<NormalPrior> priors_;      // dimensions × (fields + 1)
  AlignedVector<RowState> state_;  // by row
};

}  // namespace embrace::cpu
