// Sparse rating aggregation: count, sum and sum of squares per user and per item, exact.
#pragma once
#include <cstdint>

#include "host/array.hpp"
#include "host/span.hpp"
#include "host/threads.hpp"

namespace embrace {

/// Per row: number of ratings, Σ r and Σ r², in half stars and quarter stars: integers, so that every order of
/// summation and every backend gives the same bits. Ratings are multiples of 1/2 in [0, 15.5].
struct RatingAggregates {
  Array<std::int64_t> count;
  Array<std::int64_t> half_stars;     // Σ 2r
  Array<std::int64_t> quarter_stars;  // Σ (2r)²

  bool operator==(const RatingAggregates&) const = default;
};

/// Both sides in one pass over the ratings. Cost: 12 bytes read a rating; the accumulators stay in cache.
/// `users` and `items` are indices below the given numbers. Throws std::invalid_argument for a rating that is no
/// multiple of 1/2 in [0, 15.5].
struct UserItemAggregates {
  RatingAggregates users;
  RatingAggregates items;
  bool operator==(const UserItemAggregates&) const = default;
};
UserItemAggregates aggregate_ratings(std::int64_t user_count, std::int64_t item_count, Span<const std::int32_t> users,
                                     Span<const std::int32_t> items, Span<const float> values, Threads& threads);

}  // namespace embrace
