#include "host/metadata/rating_statistics.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "host/math/aggregate.hpp"
#include "host/span.hpp"

namespace embrace {
namespace {

struct Index {
  const std::vector<std::int32_t>& rows;
  std::size_t count;
};

Index index_for(const Ratings& ratings, Side side) {
  return side == Side::user ? Index{ratings.users, ratings.user_ids.size()}
                            : Index{ratings.items, ratings.item_ids.size()};
}

}  // namespace

RatingStatistics rating_statistics(const Ratings& ratings, Span<const std::int64_t> train, Side side,
                                   Threads& threads) {
  std::vector<std::int32_t> users, items;
  std::vector<float> values;
  for (const std::int64_t position : train) {
    const auto p = static_cast<std::size_t>(position);
    users.push_back(ratings.users[p]);
    items.push_back(ratings.items[p]);
    values.push_back(ratings.values[p]);
  }
  UserItemAggregates both =
      aggregate_ratings(ratings.user_count(), ratings.item_count(), users, items, values, threads);
  RatingAggregates& sums = side == Side::user ? both.users : both.items;
  RatingStatistics result;
  const auto [rows, size] = index_for(ratings, side);
  for (std::int64_t row = 0; row < sums.count.size(); ++row) {
    result.mean.push_back(sums.mean(row));
    result.spread.push_back(sums.standard_deviation(row));
  }
  result.count = std::move(sums.count);
  if (ratings.times.empty()) return result;
  std::vector<std::int64_t> first(size), last(size);
  std::vector<bool> seen(size);
  for (const std::int64_t position : train) {
    const auto p = static_cast<std::size_t>(position);
    const auto row = static_cast<std::size_t>(rows[p]);
    first[row] = seen[row] ? std::min(first[row], ratings.times[p]) : ratings.times[p];
    last[row] = seen[row] ? std::max(last[row], ratings.times[p]) : ratings.times[p];
    seen[row] = true;
  }
  result.span_days.resize(size);
  for (std::size_t row = 0; row < size; ++row) {
    result.span_days[row] = (static_cast<double>(last[row]) - static_cast<double>(first[row])) / 86400.0;
  }
  return result;
}

FeatureBlock activity_block(const std::string& name, const RatingStatistics& aggregates) {
  std::vector<bool> known;
  NumberColumn count{"log_count", {}, {}}, span{"log_span_days", {}, {}};
  for (const std::int64_t n : aggregates.count) {
    known.push_back(n > 0);
    count.values.push_back(std::log1p(static_cast<double>(n)));
  }
  for (const double days : aggregates.span_days) span.values.push_back(std::log1p(days));
  count.known = span.known = known;
  std::vector<NumberColumn> numbers{count};
  if (!span.values.empty()) numbers.push_back(span);
  return number_block(name, numbers, aggregates.count);
}

std::vector<bool> in_training(const Ratings& ratings, Span<const std::int64_t> train, Side side) {
  const auto [rows, size] = index_for(ratings, side);
  std::vector<bool> result(size);
  for (const std::int64_t position : train) {
    result[static_cast<std::size_t>(rows[static_cast<std::size_t>(position)])] = true;
  }
  return result;
}

}  // namespace embrace
