// The model of `two-tower` and the gradient of a batch's loss by its two tables. With x_i the vector of item i and e_u
// that of user u, sums of what the tables hold of them (host/methods/two_tower_table.hpp),
//   a user    p_u = e_u + mean of x_j over the items j that u has
//   s_ui      cosine of p_u and x_i
// In training p is without the item whose pair it is: the mean goes over the others, or is missing where there is none,
// so that no item speaks for itself.
//
// A batch of pairs is cut into groups of one size, at most negatives + 1 pairs; those of a group stand against each
// other's items (Yi et al. 2019, "Sampling-bias-corrected neural modeling for large corpus item recommendations"):
//   loss of (u, i) = -log( exp(s_ui / t) / (exp(s_ui / t) + Σ_j exp(s_uj / t) / (m Q_j)) )
// j over the items of the m other pairs that u does not have, Q_j the share of item j of all pairs. As j comes with
// that probability, the sum is an estimate, without bias, of that over all items that u does not have: what is
// subtracted from a score over t is the logarithm of Q, equation 3 there, and of m. The own item is there for certain:
// nothing is subtracted from its score (Jean et al. 2015, section 3).
//
// Scores and gradients of a group are products of small matrices. What a pair says of a user or an item is a row of its
// own; sums over these and over histories are sparse products: no order of a sum depends on the threads.
#pragma once
#include <cstdint>

#include "host/array.hpp"
#include "host/learning/samples.hpp"
#include "host/matrix.hpp"
#include "host/method.hpp"
#include "host/methods/two_tower_table.hpp"
#include "host/span.hpp"
#include "host/sparse.hpp"
#include "host/views.hpp"

namespace embrace {

/// What training begins with; the same for all backends.
struct TwoTowerStart {
  explicit TwoTowerStart(const Problem& problem);

  Csr histories, owners;   // users × items, each once; items × users
  Array<float> log_share;  // log Q, by item
  TowerStart users, items;
};

class TwoTowerModel {
 public:
  explicit TwoTowerModel(const Problem& problem);

  const TowerTable& users() const { return users_; }
  const TowerTable& items() const { return items_; }

  /// Groups of a batch of n pairs: group g has pairs [n g / groups, n (g + 1) / groups).
  std::int64_t groups(std::int64_t n) const { return (n + most_ - 1) / most_; }

  /// Mean loss of a batch's pairs; afterwards both tables have its gradient.
  double differentiate(const Batch& batch);
  /// A step of both tables.
  void step(double rate);

  /// Vectors of length one whose products are the scores, by whole histories.
  void represent(MatrixView users, MatrixView items);
  /// Those of users who have something in `histories`, by that; after represent().
  void represent_users(CsrView histories, MatrixView users);

 private:
  /// What a worker needs for a group.
  struct Scratch {
    Matrix users, items, scores;
    Array<float> user_lengths, item_lengths;
    Array<float> corrections;   // temperature · log(m Q), by pair
    Array<std::int32_t> first;  // pair of each item, or -1
    Array<std::int32_t> next;   // pair of the same item, or -1
  };
  struct Group {
    const Batch& batch;
    std::int64_t begin, end;  // its pairs
    std::int64_t size() const { return end - begin; }
  };
  TwoTowerModel(const Problem& problem, TwoTowerStart start);
  std::int64_t others(std::int64_t user) const { return histories_.view().row_size(user) - 1; }
  void take_in(const Group& group, Scratch& scratch) const;
  void pool_others(std::int32_t user, std::int32_t item, float* out) const;
  void leave_out(std::int32_t user, const Scratch& scratch, float* scores) const;
  double learn(const Group& group, Scratch& scratch);
  void finish_parts(const Group& group, const Scratch& scratch);
  void sum_parts(const Batch& batch);
  void represent_user(Span<const std::int32_t> history, std::int64_t user, float* out) const;

  Threads& threads_;
  std::int64_t factors_, most_;  // pairs of a group
  float temperature_;
  Csr histories_, owners_;
  Array<float> log_share_;
  TowerTable users_, items_;
  Matrix sums_;                     // of histories, by user
  Matrix sum_gradient_;             // of the loss by them
  Matrix user_parts_, item_parts_;  // what pairs say of p, and of x of their items: a row each
  Matrix of_own_items_;             // sums of the latter, by item
  Array<double> losses_;            // of the groups
  Array<Scratch> scratch_;
};

}  // namespace embrace
