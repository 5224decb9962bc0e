// What the ratings of a training part say about each user or movie.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "host/data/ratings.hpp"
#include "host/metadata/blocks.hpp"
#include "host/span.hpp"
#include "host/threads.hpp"

namespace embrace {

enum class Side { user, item };

/// One element a user or item; those without a training rating have count 0 and zeros elsewhere.
struct RatingStatistics {
  std::vector<std::int64_t> count;
  std::vector<double> mean;
  std::vector<double> spread;     // standard deviation, denominator `count`
  std::vector<double> span_days;  // from first to last rating; empty when the data has no times

  bool known(std::size_t row) const { return count[row] > 0; }
};

/// From the ratings at `train` alone. O(ratings).
RatingStatistics rating_statistics(const Ratings& ratings, Span<const std::int64_t> train, Side side, Threads& threads);

/// Numbers that do not contain a rating's value: ln(1 + count) and, with times, ln(1 + span in days).
FeatureBlock activity_block(const std::string& name, const RatingStatistics& aggregates);

/// Which users or items have a training rating: what vocabularies are made from.
std::vector<bool> in_training(const Ratings& ratings, Span<const std::int64_t> train, Side side);

}  // namespace embrace
