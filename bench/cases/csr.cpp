// csr: ratings in file order to compressed rows, columns ascending, by users.
#include "host/sparse.hpp"

#include <algorithm>
#include <numeric>

#include "bench/cases/flattened.hpp"
#include "bench/cases/operation.hpp"

namespace embrace::cases {
namespace {

Inputs inputs(const Shape& shape, std::uint64_t seed) {
  return {.shape = shape, .ratings = power_law_ratings(shape, seed), .a = {}, .b = {}};
}

std::vector<double> reference(const Inputs& in) {
  const auto& [users, items, values] = in.ratings;
  std::vector<std::size_t> order(users.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&rated = in.ratings](std::size_t a, std::size_t b) {
    return std::pair(rated.users[a], rated.items[a]) < std::pair(rated.users[b], rated.items[b]);
  });
  std::vector<double> all(static_cast<std::size_t>(in.shape.users) + 1, 0.0);
  for (const std::size_t e : order) all[static_cast<std::size_t>(users[e]) + 1] += 1;
  std::partial_sum(all.begin(), all.end(), all.begin());
  for (const std::size_t e : order) all.push_back(items[e]);
  for (const std::size_t e : order) all.push_back(static_cast<double>(values[e]));
  return all;
}

TimedRun cpu(const Inputs& in, Threads& threads) {
  return timed_on_cpu(
      [&in, &threads] {
        return csr_from_triples(in.shape.users, in.shape.items, in.ratings.users, in.ratings.items, in.ratings.values,
                                threads);
      },
      flattened);
}

Work work(const Inputs& in) {
  const auto n = static_cast<double>(in.shape.ratings);
  return {24 * n, 0, n};
}

}  // namespace

Operation csr_operation() {
  return {
      .name = "csr",
      .bound_reason = "values are moved, not computed",
      .small = {{"empty", 3, 2, 0, 0}, {"one", 1, 1, 1, 0}, {"one-user", 1, 33, 1000, 0}, {"small", 31, 64, 5000, 0}},
      .large = movielens_shapes({}),
      .inputs = inputs,
      .reference = reference,
      .cpu = cpu,
      .work = work};
}

}  // namespace embrace::cases
