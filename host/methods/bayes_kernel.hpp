// The loops of `bayes` over ratings, for the vector unit at hand. One dimension of the model at a time: with c the sum
// of the other blocks' values at a rating, a row's value v explains c v of it.
#pragma once
#include <cstdint>

#include "host/span.hpp"

namespace embrace::cpu {

/// Ratings of a row come in whole groups; what is missing in the last has residual 0 and reads the others' row behind
/// their last, which holds 0.
inline constexpr std::int64_t rating_group = 16;

/// What a block's rows have: row r the places [offsets[r], offsets[r + 1]), whole groups.
struct RowRatings {
  const std::int64_t* offsets;
  const std::int32_t* first;   // row of one other block
  const std::int32_t* second;  // and of another; null when there is none
  float* residual;             // rating less everything that the model says
  float* others;               // c of the dimension that was looked at last
};

/// The others' values by row, of one dimension: c = first[…] + second[…].
struct Others {
  const float* first;
  const float* second;
};

/// Of a row in one dimension: what its ratings say about its value, and by how much it moved since residuals knew it.
/// The likelihood of a further change d is that of  target · d - squares · d² / 2  times the precision of ratings.
struct alignas(16) RowState {
  float squares;  // Σ c²
  float target;   // Σ c · residual, the move already taken off
  float move;
};

/// How a row's own value is drawn: normal with the precision λ + α Σ c², see bayes_columns.hpp.
struct Draw {
  float mean, precision;  // of the prior
  float ratings;          // α, the precision of a rating
  const float* noise;     // standard normal, by row
};

/// One dimension for the rows of a task.
struct Dimension {
  Others others;
  float* value;  // the row's whole value
  float* own;    // its part of the row's identity; null for rows without
  Draw draw;
};

/// For each dimension of `dimensions` in turn and every row with ratings: residuals forget what moved in the dimension
/// before, sums are taken and the own value is drawn. `previous`: values of the dimension before the first; null when
/// nothing has moved yet. The last dimension's move is left in `state`, by row; with `finish` it is applied at once.
void sample_rows(const RowRatings& ratings, Span<const std::int32_t> rows, float* previous,
                 Span<const Dimension> dimensions, bool finish, RowState* state);

/// sums[0] += Σ x, sums[1] += Σ x², in double.
void add_sums(const float* x, std::int64_t n, double* sums);

/// out[p] += a[ia[p]] · b[ib[p]], and with a third block, c not null, + c[ic[p]] · (a[ia[p]] + b[ib[p]]).
struct PairValues {
  const float *a, *b, *c;
};
void add_products(const PairValues& values, const std::int32_t* ia, const std::int32_t* ib, const std::int32_t* ic,
                  std::int64_t n, float* out);

}  // namespace embrace::cpu
