// aggregate: count, sum and sum of squares of ratings per user and per item.
#include "host/math/aggregate.hpp"

#include "bench/cases/operation.hpp"

namespace embrace::cases {
namespace {

Inputs inputs(const Shape& shape, std::uint64_t seed) {
  return {.shape = shape, .ratings = power_law_ratings(shape, seed), .a = {}, .b = {}};
}

/// count, then Σ r, then Σ r² of every row.
std::vector<double> sums_of(std::int64_t rows, const std::vector<std::int32_t>& row, const std::vector<float>& values) {
  const auto n = static_cast<std::size_t>(rows);
  std::vector<double> sums(3 * n, 0.0);
  for (std::size_t e = 0; e < row.size(); ++e) {
    const auto r = static_cast<std::size_t>(row[e]);
    const auto rating = static_cast<double>(values[e]);
    sums[r] += 1;
    sums[n + r] += rating;
    sums[2 * n + r] += rating * rating;
  }
  return sums;
}

std::vector<double> reference(const Inputs& in) {
  std::vector<double> all = sums_of(in.shape.users, in.ratings.users, in.ratings.values);
  const std::vector<double> items = sums_of(in.shape.items, in.ratings.items, in.ratings.values);
  all.insert(all.end(), items.begin(), items.end());
  return all;
}

std::vector<double> flattened(const UserItemAggregates& sums) {
  std::vector<double> all;
  for (const auto* side : {&sums.users, &sums.items}) {
    all.insert(all.end(), side->count.begin(), side->count.end());
    all.insert(all.end(), side->sum.begin(), side->sum.end());
    all.insert(all.end(), side->squares.begin(), side->squares.end());
  }
  return all;
}

TimedRun cpu(const Inputs& in, Threads& threads) {
  return timed_on_cpu(
      [&in, &threads] {
        return aggregate_ratings(in.shape.users, in.shape.items, in.ratings.users, in.ratings.items, in.ratings.values,
                                 threads);
      },
      flattened);
}

Work work(const Inputs& in) {
  const auto n = static_cast<double>(in.shape.ratings);
  return {12 * n, 0, n};
}

}  // namespace

Operation aggregate_operation() {
  return {
      .name = "aggregate",
      .bound_reason = "sums of half stars and of their squares are exact in any order",
      .small = {{"empty", 3, 2, 0, 0}, {"one", 1, 1, 1, 0}, {"one-user", 1, 33, 1000, 0}, {"small", 31, 64, 5000, 0}},
      .large = movielens_shapes({}),
      .inputs = inputs,
      .reference = reference,
      .cpu = cpu,
      .work = work};
}

}  // namespace embrace::cases
