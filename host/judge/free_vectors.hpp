// Item vectors that a judge trains, with profiles of users made of them; q: the source's frozen vectors, d: free ones.
//   frozen+id    [ q_i | d_i ]   d random    what is left to learn beside the source
//   fine-tuned   q_i + d_i       d = 0       the source as a start
//   end-to-end   d_i             d random    no source: what the judge learns by itself
// A profile is a linear function of the item vectors (host/judge/profiles.hpp), so that the gradient of a pair reaches
// all items of its user. Decay draws d to 0: fine-tuned vectors to where they were. A batch costs the ratings of its
// users times the width, and a step of all items.
#pragma once
#include <cstdint>

#include "host/array.hpp"
#include "host/enum_text.hpp"
#include "host/judge/source_vectors.hpp"
#include "host/matrix.hpp"
#include "host/span.hpp"
#include "host/sparse.hpp"

namespace embrace {

namespace judge {
/// What a judge does with the vectors that it is given.
enum class VectorMode { frozen, frozen_and_id, fine_tuned, end_to_end };
}  // namespace judge
template <>
inline constexpr std::array enum_texts<judge::VectorMode> = {"frozen", "frozen+id", "fine-tuned", "end-to-end"};

namespace judge {

/// What the profiles are made of; all outlives its users.
struct ProfileCase {
  CsrView ratings;  // of the embedding part, users × items
  Span<const float> residuals;
  const EntityVectors& items;  // frozen, of mean squared length 1
};

class FreeVectors {
 public:
  /// A random d has a mean squared length of `start_length`²; it is 0 of items that neither `fit` (users × items) nor
  /// a profile trains. `mode` is not `frozen`.
  static constexpr double start_length = 0.1;
  FreeVectors(const ProfileCase& profiles, CsrView fit, VectorMode mode, std::uint64_t seed);

  const EntityVectors& items() const { return items_; }
  /// Rows that were not updated since the items changed are old.
  const EntityVectors& users() const { return users_; }
  /// d, a row an item.
  Array<float>& weights() { return free_; }
  std::int64_t parameters() const { return free_.size(); }
  /// Root mean square length of d over the items that the source knows: of fine-tuned vectors, how far they have gone.
  double moved() const;

  /// To be called when the weights have changed.
  void update_items();
  void update_users(Span<const std::int32_t> users);
  void update_all_users();

  /// Adds to the gradient by the weights what the gradients by a pair's profile and item, as wide as these, say of
  /// them.
  void add_gradient(std::int32_t user, std::int32_t item, const float* by_user, const float* by_item,
                    Span<float> gradient) const;

 private:
  const ProfileCase* profiles_;
  std::int64_t width_, first_;  // of d; the column where it begins
  Array<float> free_;
  EntityVectors items_, users_;
};

}  // namespace judge
}  // namespace embrace
