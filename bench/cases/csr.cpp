// csr: ratings in file order to compressed rows, columns ascending, by users.
#include "host/sparse.hpp"

#include "bench/cases/operation.hpp"
#include "bench/cases/sparse_values.hpp"

namespace embrace::cases {
namespace {

Inputs inputs(const Shape& shape, std::uint64_t seed) {
  return {.shape = shape, .ratings = power_law_ratings(shape, seed), .a = {}, .b = {}};
}

std::vector<double> reference(const Inputs& in) {
  return flattened_triples(in.shape.users, in.ratings.users, in.ratings.items, in.ratings.values);
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
