// half-sweep-explicit: als solves all users, items fixed; of each user a vector and a bias.
#include <algorithm>

#include "bench/cases/dense_system.hpp"
#include "bench/cases/trained_by.hpp"

namespace embrace::cases {
namespace {

Inputs inputs(const Shape& shape, std::uint64_t seed) {
  return inputs_of("als", Task::rating, shape, power_law_ratings(shape, seed), {});
}

/// Minimises Σ (r - mean - b - x · y)² + λ n^ν |x|² + λ_b b² for each user: unknowns (x, b) together. The items' biases
/// are zero before the first epoch.
std::vector<double> reference(const Inputs& in) {
  const double mean = mean_rating(in);
  const auto k = static_cast<std::size_t>(in.shape.factors);
  std::vector<double> all, biases;
  for (const auto& ratings : ratings_by_user(in)) {
    std::vector<double> x(k + 1);
    if (!ratings.empty()) {
      DenseSystem system(k + 1);
      for (const auto& [item, value] : ratings) {
        std::vector<double> y = row_of(in.b, item);
        y.push_back(1);
        system.add(y, 1, value - mean);
      }
      const auto n = static_cast<double>(ratings.size());
      for (std::size_t i = 0; i < k; ++i) {
        system.a[i][i] += in.hyper["regularization"] * std::pow(n, in.hyper["nu"]);
      }
      system.a[k][k] += in.hyper["bias_regularization"];
      x = system.solution();
    }
    all.insert(all.end(), x.begin(), x.end() - 1);
    biases.push_back(x.back());
  }
  all.insert(all.end(), biases.begin(), biases.end());
  return all;
}

/// With the order in which rows are dealt to threads, which the trainer makes for the users that it is given.
TimedRun cpu(const Inputs& in, Threads& threads) {
  auto als = std::make_shared<CaseTrainer>("als", Task::rating, in, threads);
  return timed_on_cpu(
      [als] {
        als->trainer->fold_in(als->data->ratings.view());
        return als;
      },
      [](const auto& solved) {
        const EmbeddingView model = *solved->trainer->embedding();
        std::vector<double> all;
        append(all, model.users);
        all.insert(all.end(), model.user_bias.begin(), model.user_bias.end());
        return all;
      });
}

/// A row of n ratings as sums of k × k with their factorization and two solutions, or of n × n where that is less.
Work work(const Inputs& in) {
  const auto k = static_cast<double>(in.shape.factors), all = static_cast<double>(in.shape.ratings);
  double flops = 0;
  for (const auto& ratings : ratings_by_user(in)) {
    const auto n = static_cast<double>(ratings.size());
    const double by_factors = n * (k * (k + 1) + 4 * k) + k * k * k / 3 + 4 * k * k;
    const double by_ratings = k * n * (n + 1) + n * n * n / 3 + 4 * n * n + 2 * n * k;
    flops += std::min(by_factors, by_ratings);
  }
  return {all * (4 * k + 12) + static_cast<double>(in.shape.users) * (4 * k + 24), flops, all};
}

}  // namespace

Operation half_sweep_explicit_operation() {
  return {
      .name = "half-sweep-explicit",
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
