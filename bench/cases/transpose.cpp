// transpose: compressed rows by user to compressed rows by item, users ascending: what trainers of both sides begin
// with.
#include <memory>

#include "bench/cases/operation.hpp"
#include "bench/cases/sparse_values.hpp"
#include "host/sparse.hpp"

namespace embrace::cases {
namespace {

Inputs inputs(const Shape& shape, std::uint64_t seed) {
  return {.shape = shape, .ratings = power_law_ratings(shape, seed), .a = {}, .b = {}};
}

std::vector<double> reference(const Inputs& in) {
  return flattened_triples(in.shape.items, in.ratings.items, in.ratings.users, in.ratings.values);
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
