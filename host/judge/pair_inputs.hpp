// PairInputs: what a judge reads of a pair, the same for every judge:
//   [ user's views | item | view ⊙ item, each view | no vector of the user | of the item | dot products | habits ]
// A view is a vector as wide as an item's: a profile has two, a source's own user vector is one. With own user vectors
// the source's own score, biases included, in place of the dot product; what a judge adds to it is
// then the judge's own work. A user's habits (host/judge/profiles.hpp) are said to all: profiles tell them of any
// vectors, random ones too, which would then be better than none. Each block of columns is multiplied by one number so
// that its mean square on the ratings that fit the judge is 1, or would be of vectors of length 1 where all are 0; what
// a rotation or a factor does to a source is undone before (host/judge/scaling.hpp).
#pragma once
#include <cstdint>
#include <optional>

#include "host/judge/source_vectors.hpp"
#include "host/span.hpp"
#include "host/threads.hpp"

namespace embrace::judge {

class PairInputs {
 public:
  /// `users` has one view or more, side by side; `habits` has a row a user. All outlive the object, which does not
  /// change them.
  PairInputs(const EntityVectors& users, const EntityVectors& items, ConstMatrixView habits,
             std::optional<EmbeddingView> own);

  std::int64_t columns() const { return columns_; }
  /// So many of the last columns are habits; before them come the dot products (or the own score). Of both a network
  /// adds a linear function to its output.
  std::int64_t habits() const { return habits_.columns; }
  std::int64_t products() const { return own_ ? 1 : views_; }

  /// Sets the blocks' factors from the pairs (users[p], items[p]). Habits and the own score are centred there, the
  /// score keeps its scale.
  void fit(Span<const std::int32_t> users, Span<const std::int32_t> items);

  /// The same of other vectors, as wide as a multiple of these, by the same factors. All outlive the result.
  PairInputs with(const EntityVectors& users, const EntityVectors& items) const;

  /// A row of out, which has columns() of them, for each pair.
  void fill(Span<const std::int32_t> users, Span<const std::int32_t> items, MatrixView out) const;

  /// Adds to the gradients by the user's views and by the item what the gradient by a row of theirs says. Not with an
  /// own score.
  void add_gradient(std::int32_t user, std::int32_t item, const float* by_row, float* by_user, float* by_item) const;

 private:
  void fit_habit(std::int64_t habit, Span<const std::int32_t> users);
  std::int64_t at_products() const { return columns_ - habits() - products(); }
  void fill_row(std::int32_t user, std::int32_t item, float* out) const;

  const EntityVectors& users_;
  const EntityVectors& items_;
  ConstMatrixView habits_;
  std::optional<EmbeddingView> own_;
  std::int64_t width_, views_, columns_;
  float user_factor_ = 1, item_factor_ = 1;
  Array<float> product_factors_, dot_factors_;  // a view each
  Array<float> habit_means_, habit_factors_;
  float own_mean_ = 0;
};

}  // namespace embrace::judge
