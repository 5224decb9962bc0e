// sgd-epoch: one epoch of sgd from its first vectors.
#include <cmath>

#include "bench/cases/trained_by.hpp"

namespace embrace::cases {
namespace {

/// Every row has one rating: any order of updates gives the same model.
bool is_matching(const Shape& shape) { return shape.users == shape.ratings && shape.items == shape.ratings; }

/// Backends take the ratings in orders of their own. So that these differ by less than the bound, the rate is low where
/// ratings share rows; it changes the time of nothing.
double rate_of(const Shape& shape) { return is_matching(shape) ? 0.02 : 1e-5; }

Inputs inputs(const Shape& shape, std::uint64_t seed) {
  Triples ratings = power_law_ratings(shape, seed);
  for (std::size_t e = 0; is_matching(shape) && e < ratings.users.size(); ++e) {
    ratings.users[e] = static_cast<std::int32_t>(e);
    ratings.items[e] = static_cast<std::int32_t>(ratings.users.size() - 1 - e);
  }
  return inputs_of("sgd", Task::rating, shape, std::move(ratings), {{"learning_rate", rate_of(shape)}});
}

/// Users or items in double, and what the penalty takes off at each step, times the rate.
struct Rows {
  Rows(const Matrix& first, const std::vector<std::int32_t>& row, const Hyper& hyper)
      : columns(static_cast<std::size_t>(first.columns())),
        factors(first.data(), first.data() + first.size()),
        bias(static_cast<std::size_t>(first.rows())),
        decay(bias.size()),
        bias_decay(bias.size()) {
    std::vector<double> ratings(bias.size());
    for (const std::int32_t r : row) ratings[static_cast<std::size_t>(r)] += 1;
    for (std::size_t r = 0; r < ratings.size(); ++r) {
      if (ratings[r] == 0) continue;
      decay[r] = hyper["regularization"] * std::pow(ratings[r], hyper["nu"] - 1);
      bias_decay[r] = hyper["bias_regularization"] / ratings[r];
    }
  }
  std::size_t columns;
  std::vector<double> factors, bias, decay, bias_decay;
};

/// The formula of host/methods/sgd.cpp, rating by rating as they are given.
std::vector<double> reference(const Inputs& in) {
  Rows users(in.a, in.ratings.users, in.hyper), items(in.b, in.ratings.items, in.hyper);
  const double mean = mean_rating(in);
  const double rate = in.hyper["learning_rate"];
  for (std::size_t e = 0; e < in.ratings.values.size(); ++e) {
    const auto u = static_cast<std::size_t>(in.ratings.users[e]), i = static_cast<std::size_t>(in.ratings.items[e]);
    double* p = users.factors.data() + u * users.columns;
    double* q = items.factors.data() + i * items.columns;
    double error = static_cast<double>(in.ratings.values[e]) - mean - users.bias[u] - items.bias[i];
    for (std::size_t k = 0; k < users.columns; ++k) error -= p[k] * q[k];
    users.bias[u] += rate * (error - users.bias_decay[u] * users.bias[u]);
    items.bias[i] += rate * (error - items.bias_decay[i] * items.bias[i]);
    for (std::size_t k = 0; k < users.columns; ++k) {
      const double old = p[k];
      p[k] += rate * (error * q[k] - users.decay[u] * old);
      q[k] += rate * (error * old - items.decay[i] * q[k]);
    }
  }
  std::vector<double> all;
  for (const auto* part : {&users.factors, &items.factors, &users.bias, &items.bias}) {
    all.insert(all.end(), part->begin(), part->end());
  }
  return all;
}

TimedRun cpu(const Inputs& in, Threads& threads) {
  return timed_on_cpu([&in, &threads] { return CaseTrainer("sgd", Task::rating, in, threads); },
                      [](CaseTrainer& sgd) { sgd.trainer->epoch(); },
                      [](const CaseTrainer& sgd) {
                        const EmbeddingView model = *sgd.trainer->embedding();
                        std::vector<double> all;
                        append(all, model.users);
                        append(all, model.items);
                        all.insert(all.end(), model.user_bias.begin(), model.user_bias.end());
                        all.insert(all.end(), model.item_bias.begin(), model.item_bias.end());
                        return all;
                      });
}

/// Of each rating: itself, both rows with their biases, read and written, and four numbers of decay. The product, and
/// three operations for each of the 2 k factors.
Work work(const Inputs& in) {
  const auto k = static_cast<double>(in.shape.factors), n = static_cast<double>(in.shape.ratings);
  return {n * (16 * k + 44), n * 8 * k, n};
}

}  // namespace

Operation sgd_epoch_operation() {
  return {
      .name = "sgd-epoch",
      .bound_reason =
          "a row's ratings, at most 60, each round a factor below 1 to 2^-25; orders differ by less, the square of the "
          "rate, 1e-5, times that of 60; a rating that is left out moves a bias by the rate times its error",
      .bound = 2e-6,
      .small = {{"empty", 3, 2, 0, 5},
                {"matching/k:1", 100, 100, 100, 1},
                {"matching/k:33", 300, 300, 300, 33},
                {"matching/k:300", 50, 50, 50, 300},
                {"shared/k:8", 60'000, 60'000, 2100, 8},
                {"shared/k:128", 200, 300, 300, 128}},
      .large = movielens_shapes({64, 128}),
      .inputs = inputs,
      .reference = reference,
      .cpu = cpu,
      .work = work};
}

}  // namespace embrace::cases
