// half-sweep-implicit: ials solves all users exactly, items fixed, the Gram matrix of the items first.
#include "bench/cases/dense_system.hpp"
#include "bench/cases/trained_by.hpp"

namespace embrace::cases {
namespace {

Inputs inputs(const Shape& shape, std::uint64_t seed) {
  return inputs_of("ials", Task::ranking, shape, power_law_ratings(shape, seed), {});
}

std::vector<double> reference(const Inputs& in) {
  std::vector<double> all;
  for (const auto& ratings : ratings_by_user(in)) {
    const std::vector<double> x = implicit_system(in, ratings).solution();  // zero for a user without ratings
    all.insert(all.end(), x.begin(), x.end());
  }
  return all;
}

/// With the order in which rows are dealt to threads, which the trainer makes for the users that it is given.
TimedRun cpu(const Inputs& in, Threads& threads) {
  auto ials = std::make_shared<CaseTrainer>("ials", Task::ranking, in, threads);
  return timed_on_cpu(
      [ials] {
        ials->trainer->fold_in(ials->data->ratings.view());
        return ials;
      },
      [](const auto& solved) {
        std::vector<double> all;
        append(all, solved->trainer->embedding()->users);
        return all;
      });
}

/// The Gram matrix, then of each row n · k² for its sums, k³ / 3 for the factorization, the solution.
Work work(const Inputs& in) {
  const auto k = static_cast<double>(in.shape.factors), n = static_cast<double>(in.shape.ratings);
  const auto users = static_cast<double>(in.shape.users), items = static_cast<double>(in.shape.items);
  const double flops = (n + items) * k * (k + 1) + n * k + users * (k * k * k / 3 + 2 * k * k);
  return {n * (4 * k + 4) + items * 4 * k + users * (4 * k + 20), flops, n};
}

}  // namespace

Operation half_sweep_implicit_operation() {
  return {
      .name = "half-sweep-implicit",
      .bound_reason =
          "solutions below 1 of systems with a condition below 10, whose sums of up to 5000 terms each round to 2^-24; "
          "roundings add up like a random walk",
      .bound = 1e-4,
      .small = small_system_shapes(),
      .large = movielens_shapes({64, 128}),
      .inputs = inputs,
      .reference = reference,
      .cpu = cpu,
      .work = work};
}

}  // namespace embrace::cases
