// Profiles: users made of item vectors, so that every source is judged with the same kind of user. Of a user's ratings
// that made the embedding:
//   [ Σ q_i / n | Σ (r_ui - c - b_u - b_i) q_i / (n + 10) ]
// what the items have in common, and what the user likes in them more than others do. The constant and the biases are a
// ridge's of the same ratings; 10 shrinks the second mean of users with few ratings, as the noise of a residual is far
// larger than what a vector explains of it.
#pragma once
#include "host/judge/source_vectors.hpp"
#include "host/sparse.hpp"
#include "host/threads.hpp"

namespace embrace::judge {

/// What the ratings say without any vector.
struct WithoutVectors {
  Array<float> residuals;  // what is left of each rating after constant and biases, in the order of the entries
  Matrix habits;           // a row a user: ln(1 + how many ratings), the user's bias
};
WithoutVectors without_vectors(CsrView ratings, Threads& threads);

/// One row a user, twice as wide as an item's; not known without a rating of an item that is. `ratings` is users ×
/// items, with a residual each.
EntityVectors user_profiles(CsrView ratings, Span<const float> residuals, const EntityVectors& items, Threads& threads);

/// The same of one user, into `out`, twice as wide as an item's; false for a user that is not known, whose row is 0.
bool fill_profile(CsrView ratings, Span<const float> residuals, const EntityVectors& items, std::int64_t user,
                  float* out);

/// Gradients by the two means of a user's profile become gradients by the item vectors behind them: added to the rows
/// of `gradient`, which may be some of an item's columns.
struct ProfileGradient {
  const float *plain, *weighted;
};
void pass_to_items(CsrView ratings, Span<const float> residuals, const Array<std::uint8_t>& known, std::int64_t user,
                   const ProfileGradient& by_profile, MatrixView gradient);

}  // namespace embrace::judge
