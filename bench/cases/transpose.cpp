// transpose: compressed rows by user to compressed rows by item, users ascending: what trainers of both sides begin
// with.
#include <algorithm>
#include <numeric>

#include "bench/cases/flattened.hpp"
#include "bench/cases/operation.hpp"
#include "host/sparse.hpp"

namespace embrace::cases {
namespace {

Inputs inputs(const Shape& shape, std::uint64_t seed) {
  return {.shape = shape, .ratings = power_law_ratings(shape, seed), .a = {}, .b = {}};
}

/// Triples by (item, user), in file order where both are the same.
std::vector<double> reference(const Inputs& in) {
  const auto& [users, items, values] = in.ratings;
  std::vector<std::size_t> order(users.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&rated = in.ratings](std::size_t a, std::size_t b) {
    return std::pair(rated.items[a], rated.users[a]) < std::pair(rated.items[b], rated.users[b]);
  });
  std::vector<double> all(static_cast<std::size_t>(in.shape.items) + 1, 0.0);
  for (const std::size_t e : order) all[static_cast<std::size_t>(items[e]) + 1] += 1;
  std::partial_sum(all.begin(), all.end(), all.begin());
  for (const std::size_t e : order) all.push_back(users[e]);
  for (const std::size_t e : order) all.push_back(static_cast<double>(values[e]));
  return all;
}

TimedRun cpu(const Inputs& in, Threads& threads) {
  auto rows = std::make_shared<Csr>(
      csr_from_triples(in.shape.users, in.shape.items, in.ratings.users, in.ratings.items, in.ratings.values, threads));
  return timed_on_cpu([rows, &threads] { return transposed(rows->view(), threads); }, flattened);
}

Work work(const Inputs& in) {
  const auto n = static_cast<double>(in.shape.ratings);
  return {16 * n, 0, n};  // index and value, read and written
}

}  // namespace

Operation transpose_operation() {
  return {
      .name = "transpose",
      .bound_reason = "values are moved, not computed",
      .small = {{"empty", 3, 2, 0, 0}, {"one", 1, 1, 1, 0}, {"one-user", 1, 33, 1000, 0}, {"small", 31, 64, 5000, 0}},
      .large = movielens_shapes({}),
      .inputs = inputs,
      .reference = reference,
      .cpu = cpu,
      .work = work};
}

}  // namespace embrace::cases
