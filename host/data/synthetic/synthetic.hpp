// Synthetic ratings with a known truth: the built-in data set, the same bytes on every machine.
//
// For user u and item i (all random numbers from Philox, keyed by what they are for):
//   mean(u, i) = mu + a_u + b_i + s <D p_u, q_i>
//   a_u = age effect + gender effect + own effect           p_u = age + gender + occupation + own vector
//   b_i = year, genre and tag effects + own effect          q_i = year + genre + tag + own vector
//   rating(u, i) = clip(round(mean(u, i) + sigma e), 1, 5)
// p_u and q_i have six elements of variance about 1; the diagonal D makes the first factors carry most of the variance.
// e is the standardized sum of four uniform numbers (Irwin-Hall), close to a normal one, with a polynomial
// distribution function F. So the best prediction, E[rating | u, i] = 1 + sum over k = 2..5 of P(rating >= k) with
// P(rating >= k) = 1 - F((k - 1/2 - mean) / sigma), is known exactly, and Dataset::best_rmse is its RMSE on the data:
// no method can be expected to do better.
//
// Who rates what: user activity follows (rank + 20)^-3/4, item popularity (rank + c)^-3/2, and a drawn item is kept
// with a probability that grows with <p_u, q_i>, so that there is something to learn for rankings, too. Only + - * /
// and sqrt are used where a rounding could decide a byte: libm differs from machine to machine.
#pragma once
#include <cstdint>
#include <string>

#include "host/data/dataset.hpp"
#include "host/threads.hpp"

namespace embrace {

struct SyntheticSpec {
  std::int64_t users = 943;
  std::int64_t items = 1682;
  std::int64_t ratings = 100000;
  std::uint64_t seed = 1;
};

/// `synth` or `synth:USERSxITEMSxRATINGS`; UsageError otherwise, and for sizes that cannot be (see check_synthetic).
SyntheticSpec parse_synthetic(const std::string& name);

/// Throws UsageError for sizes that are not in 1 … 50e6 users, 1 … 10e6 items, 1 … 1e9 ratings, or more ratings than
/// (user, item) pairs.
void check_synthetic(const SyntheticSpec& spec);

/// Every user has at least min(20, ratings / users, items) ratings, every item at least one when there are as many
/// ratings as items; no pair twice. Rows are by user, then time. Needs about 20 bytes a rating.
Dataset make_synthetic(const SyntheticSpec& spec, Threads& threads);

}  // namespace embrace
