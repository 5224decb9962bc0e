// What `item2vec` reads as sentences: baskets of a user's items, which are each other's context.
#pragma once
#include <cstdint>
#include <utility>

#include "host/array.hpp"
#include "host/method.hpp"
#include "host/random.hpp"
#include "host/span.hpp"

namespace embrace {

/// Baskets of an epoch, one after the other.
struct Baskets {
  Array<std::int32_t> items;
  Array<std::int64_t> begins{0};  // of each basket among the items, and the end of the last

  std::int64_t size() const { return begins.size() - 1; }
  Span<const std::int32_t> of(std::int64_t basket) const {
    return {items.data() + begins[basket], begins[basket + 1] - begins[basket]};
  }
  /// Of an item and one of its contexts.
  std::int64_t pairs() const;
  /// Cuts baskets [first, last) into runs of `least` items or more, the last one of what is left: the basket with which
  /// each run begins, then `last`.
  Array<std::int64_t> runs(std::int64_t first, std::int64_t last, std::int64_t least) const;
};

/// Deals each user's items, in an order drawn anew for each epoch, to as few baskets of about one size as the window
/// allows. So a window of sentences whose order says nothing, shuffled before each pass (Barkan and Koenigstein 2016,
/// section 3), has products of small matrices: each item of a basket meets all others.
class UserBaskets {
 public:
  explicit UserBaskets(const Problem& problem);

  /// Items of a basket.
  std::int64_t most() const { return most_; }
  /// Of the times that each item is read, the share at which it is kept.
  Span<const float> shares_kept() const { return share_kept_; }

  Baskets draw(std::uint32_t epoch) const;

 private:
  using Place = std::pair<std::uint64_t, std::int32_t>;  // random, and the item
  void keep(std::int64_t user, std::uint32_t epoch, Array<Place>& kept) const;

  CsrView ratings_;
  std::int64_t most_;
  Array<float> share_kept_;
  Random users_, entries_;
};

}  // namespace embrace
