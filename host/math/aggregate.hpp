// Sparse rating aggregation: count, sum and sum of squares per user and per item. The one place where ratings are added
// up: tables of metadata, plain means, the mean that models start from, and benchmarks.
#pragma once
#include <cstddef>
#include <cstdint>

#include "host/array.hpp"
#include "host/span.hpp"
#include "host/threads.hpp"
#include "host/views.hpp"

namespace embrace {

/// Per row: number of ratings, Σ r and Σ r². Exact when all ratings are multiples of 1/2 in [0, 15.5]: the sums are
/// then multiples of 1/4 that a double holds, the same in any order and on every backend. Ratings of another scale are
/// summed in double in the order given.
struct RatingAggregates {
  Array<std::int64_t> count;
  Array<double> sum;
  Array<double> squares;

  /// 0 for a row without ratings. The standard deviation's denominator is the count.
  double mean(std::int64_t row) const;
  double standard_deviation(std::int64_t row) const;
  bool operator==(const RatingAggregates&) const = default;
};

struct UserItemAggregates {
  RatingAggregates users;
  RatingAggregates items;
  double mean = 0;  // of all ratings; 0 when there are none
  bool operator==(const UserItemAggregates&) const = default;
};

/// Both sides in one pass, the same bits for any number of threads. Cost: 12 bytes read a rating; the accumulators stay
/// in cache. `users` and `items` are indices below the given numbers.
UserItemAggregates aggregate_ratings(std::int64_t user_count, std::int64_t item_count, Span<const std::int32_t> users,
                                     Span<const std::int32_t> items, Span<const float> values, Threads& threads);

/// The same of users × items.
UserItemAggregates aggregate_ratings(CsrView ratings, Threads& threads);

}  // namespace embrace
