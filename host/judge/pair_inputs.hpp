// PairInputs: what a judge reads of a pair, the same for every judge:
//   [ user's views | item | view ⊙ item, each view | no vector of the user | of the item | dot products ]
// A view is a vector as wide as an item's: a profile has two, a source's own user vector is one. With own user vectors
// the last column is the source's own score, biases included, in place of the dot product; what a judge adds to it is
// then the judge's own work. Each block of columns is multiplied by one number so that its mean square on the ratings
// that fit the judge is 1, or would be of vectors of length 1 where all are 0; what a rotation or a factor does to a
// source is undone before (host/judge/scaling.hpp).
#pragma once
#include <cstdint>
#include <optional>

#include "host/judge/source_vectors.hpp"
#include "host/span.hpp"
#include "host/threads.hpp"

namespace embrace::judge {

class PairInputs {
 public:
  /// `users` has one view or more, side by side. All outlive the object, which does not change them.
  PairInputs(const EntityVectors& users, const EntityVectors& items, std::optional<EmbeddingView> own);

  std::int64_t columns() const { return columns_; }
  /// So many of the last columns are dot products (or the own score): what a network adds to its output as they are.
  std::int64_t products() const { return own_ ? 1 : views_; }

  /// Sets the blocks' factors from the pairs (users[p], items[p]). The own score is centred there and keeps its scale.
  void fit(Span<const std::int32_t> users, Span<const std::int32_t> items);

  /// The same of other vectors, as wide as a multiple of these, by the same factors. All outlive the result.
  PairInputs with(const EntityVectors& users, const EntityVectors& items) const;

  /// A row of out, which has columns() of them, for each pair.
  void fill(Span<const std::int32_t> users, Span<const std::int32_t> items, MatrixView out) const;

  /// Adds to the gradients by the user's views and by the item what the gradient by a row of theirs says. Not with an
  /// own score.
  void add_gradient(std::int32_t user, std::int32_t item, const float* by_row, float* by_user, float* by_item) const;

 private:
  void fill_row(std::int32_t user, std::int32_t item, float* out) const;

  const EntityVectors& users_;
  const EntityVectors& items_;
  std::optional<EmbeddingView> own_;
  std::int64_t width_, views_, columns_;
  float user_factor_ = 1, item_factor_ = 1;
  Array<float> product_factors_, dot_factors_;  // a view each
  float own_mean_ = 0;
};

}  // namespace embrace::judge
