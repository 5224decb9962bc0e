// Ridge regression of ratings on user biases, item biases and columns of the pair, all at once, in closed form:
//   minimize Σ (r - c - b_u - b_i - <w, x_ui>)² + bias_penalty (|b_user|² + |b_item|² + |w_habits|²)
//                                               + weight_penalty |w_others|²
// The columns share what they explain of an item with its bias, so that they still explain it where an item has none.
// The biases are then told from their means over the ratings, which go into c: a user or an item without ratings, whose
// bias is 0, counts as that of an average rating, not as an average row of the matrix, which is liked less.
// Only sums of the columns are kept: <x, x'>, and of each user and item; the normal equations are then solved for any
// penalties by preconditioned conjugate gradients (Golub and Van Loan 2013, algorithm 11.5.1).
#pragma once
#include <cstdint>
#include <functional>

#include "host/array.hpp"
#include "host/matrix.hpp"
#include "host/span.hpp"
#include "host/sparse.hpp"
#include "host/threads.hpp"

namespace embrace::judge {

/// Fills a row of `out` for each pair (users[p], items[p]).
using PairColumns = std::function<void(Span<const std::int32_t> users, Span<const std::int32_t> items, MatrixView out)>;

struct RidgeSolution {
  double intercept = 0;
  Array<double> user_bias, item_bias;
  Array<double> weights;
  int iterations = 0;
};

class BiasRidge {
 public:
  /// `ratings` (users × items) and what `fill` refers to outlive the object. `columns` may be 0; then `fill` is not
  /// called. The last `habits` of the columns are penalized as biases are. Cost: ratings · columns² floating-point
  /// operations, and two passes of `fill`.
  BiasRidge(CsrView ratings, std::int64_t columns, std::int64_t habits, const PairColumns& fill, Threads& threads);

  /// Until the residual of the normal equations is 1e-9 of what it was, in the preconditioner's norm. Each iteration
  /// costs columns · (users + items + columns) + ratings.
  RidgeSolution solve(double bias_penalty, double weight_penalty) const;

 private:
  struct Vector;
  struct Preconditioner;
  void add_users(const PairColumns& fill);
  void add_items(const PairColumns& fill);
  Array<double> penalties_of_columns(double bias_penalty, double weight_penalty) const;
  Vector multiply(const Vector& x, double bias_penalty, const Array<double>& penalties) const;
  void multiply_side(bool by_user, const Vector& x, double bias_penalty, Vector& out) const;

  CsrView by_user_;
  Csr by_item_;
  std::int64_t columns_, habits_;  // the constant, then those of the pair
  double mean_ = 0;
  Array<double> gram_;                   // columns²
  Array<double> user_sums_, item_sums_;  // of the columns, a row each
  Array<double> target_;                 // Σ x (r - mean)
  Array<double> user_target_, item_target_;
  Threads& threads_;
};

}  // namespace embrace::judge
