// conjugate-gradients: ials improves all users by three steps from zero, items fixed, the Gram matrix of the items
// first.
#include <numeric>

#include "bench/cases/dense_system.hpp"
#include "bench/cases/trained_by.hpp"

namespace embrace::cases {
namespace {

constexpr int steps = 3;

Inputs inputs(const Shape& shape, std::uint64_t seed) {
  return inputs_of("ials", Task::ranking, shape, power_law_ratings(shape, seed), {{"cg_steps", steps}});
}

double dot(const std::vector<double>& a, const std::vector<double>& b) {
  return std::inner_product(a.begin(), a.end(), b.begin(), 0.0);
}

/// Hestenes and Stiefel 1952.
std::vector<double> improved(const DenseSystem& system) {
  std::vector<double> x(system.b.size()), residual = system.b, direction = system.b;
  for (int step = 0; step < steps; ++step) {
    const double before = dot(residual, residual);
    if (before <= 1e-28 * dot(system.b, system.b)) break;  // solved
    const std::vector<double> product = system.times(direction);
    const double length = before / dot(direction, product);
    for (std::size_t i = 0; i < x.size(); ++i) {
      x[i] += length * direction[i];
      residual[i] -= length * product[i];
    }
    const double ratio = dot(residual, residual) / before;
    for (std::size_t i = 0; i < x.size(); ++i) direction[i] = residual[i] + ratio * direction[i];
  }
  return x;
}

std::vector<double> reference(const Inputs& in) {
  std::vector<double> all;
  for (const auto& ratings : ratings_by_user(in)) {
    const std::vector<double> x = improved(implicit_system(in, ratings));
    all.insert(all.end(), x.begin(), x.end());
  }
  return all;
}

TimedRun cpu(const Inputs& in, Threads& threads) {
  return timed_on_cpu([&in, &threads] { return CaseTrainer("ials", Task::ranking, in, threads); },
                      [](CaseTrainer& ials) { ials.trainer->fold_in(ials.data->ratings.view()); },
                      [](const CaseTrainer& ials) {
                        std::vector<double> all;
                        append(all, ials.trainer->embedding()->users);
                        return all;
                      });
}

/// Each step, and the first residual, multiply by each vector of the row twice and by the Gram matrix; vectors are read
/// once at least.
Work work(const Inputs& in) {
  const auto k = static_cast<double>(in.shape.factors), n = static_cast<double>(in.shape.ratings);
  const auto users = static_cast<double>(in.shape.users), items = static_cast<double>(in.shape.items);
  const double flops = items * k * (k + 1) + (steps + 1) * (4 * n * k + 2 * users * k * k);
  return {n * (4 * k + 4) + items * 4 * k + users * (8 * k + 20), flops, n};
}

}  // namespace

Operation conjugate_gradients_operation() {
  return {.name = "conjugate-gradients",
          .bound_reason =
              "solutions below 1, sums of up to 5000 terms that each round to 2^-24; roundings add up like a random "
              "walk, and "
              "three steps do not amplify them",
          .bound = 1e-4,
          .small = small_system_shapes(),
          .large = movielens_shapes({64, 128}),
          .inputs = inputs,
          .reference = reference,
          .cpu = cpu,
          .work = work};
}

}  // namespace embrace::cases
