// predict: the product of a user's and an item's vector for each of many pairs.
#include "bench/cases/factors.hpp"

namespace embrace::cases {
namespace {

Inputs inputs(const Shape& shape, std::uint64_t seed) {
  return {.shape = shape,
          .ratings = power_law_ratings(shape, seed),
          .a = vectors(shape, shape.users, shape.factors, seed),
          .b = vectors(shape, shape.items, shape.factors, seed + 1)};
}

std::vector<double> reference(const Inputs& in) {
  std::vector<double> all;
  for (std::size_t e = 0; e < in.ratings.users.size(); ++e) {
    all.push_back(plain_score(in, in.ratings.users[e], in.ratings.items[e]));
  }
  return all;
}

TimedRun cpu(const Inputs& in, Threads& threads) {
  auto trainer = std::make_shared<FixedFactors>(in, threads);
  auto out = std::make_shared<std::vector<float>>(in.ratings.users.size());
  return timed_on_cpu(
      [&in, trainer, out] {
        trainer->predict({in.ratings.users, in.ratings.items, {}}, *out);
        return out;
      },
      [](const auto& made) { return std::vector<double>(made->begin(), made->end()); });
}

Work work(const Inputs& in) {
  const auto n = static_cast<double>(in.shape.ratings);
  const auto k = static_cast<double>(in.shape.factors);
  return {n * (12 + 8 * k), 2 * n * k, n};
}

}  // namespace

Operation predict_operation() {
  return {.name = "predict",
          .bound_reason = "sums of at most 1024 products of whole numbers below 5 are exact in float",
          .small = {{"empty", 1, 1, 0, 8},
                    {"k:1", 5, 7, 100, 1},
                    {"k:31", 5, 7, 100, 31},
                    {"k:32", 5, 7, 100, 32},
                    {"k:33", 64, 33, 5000, 33},
                    {"k:64", 64, 33, 5000, 64},
                    {"k:1023", 5, 7, 100, 1023}},
          .large = movielens_shapes({64, 128}),
          .inputs = inputs,
          .reference = reference,
          .cpu = cpu,
          .work = work};
}

}  // namespace embrace::cases
