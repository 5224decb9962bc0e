// sparse-product: the vectors of movies summed by user, each times its rating: a sparse matrix times a dense one.
#include "host/math/sparse_product.hpp"

#include <memory>
#include <utility>

#include "bench/cases/operation.hpp"
#include "host/sparse.hpp"

namespace embrace::cases {
namespace {

Inputs inputs(const Shape& shape, std::uint64_t seed) {
  return {.shape = shape,
          .ratings = power_law_ratings(shape, seed),
          .a = {},
          .b = vectors(shape, shape.items, shape.factors, seed)};
}

std::vector<double> reference(const Inputs& in) {
  const std::int64_t k = in.shape.factors;
  std::vector<double> all(static_cast<std::size_t>(in.shape.users * k));
  for (std::size_t e = 0; e < in.ratings.users.size(); ++e) {
    for (std::int64_t c = 0; c < k; ++c) {
      all[static_cast<std::size_t>(in.ratings.users[e] * k + c)] +=
          static_cast<double>(in.ratings.values[e]) * static_cast<double>(in.b(in.ratings.items[e], c));
    }
  }
  return all;
}

TimedRun cpu(const Inputs& in, Threads& threads) {
  auto rows = std::make_shared<Csr>(
      csr_from_triples(in.shape.users, in.shape.items, in.ratings.users, in.ratings.items, in.ratings.values, threads));
  auto out = std::make_shared<Matrix>(in.shape.users, in.shape.factors);
  return timed_on_cpu(
      [&in, &threads, rows, out] {
        multiply_sparse(rows->view(), in.b.view(), out->view(), threads);
        return out;
      },
      [](const auto& made) { return std::vector<double>(made->data(), made->data() + made->size()); });
}

Work work(const Inputs& in) {
  const auto n = static_cast<double>(in.shape.ratings), k = static_cast<double>(in.shape.factors);
  return {n * (4 * k + 8) + static_cast<double>(in.shape.users) * 4 * k, 2 * n * k, n};
}

}  // namespace

Operation sparse_product_operation() {
  return {.name = "sparse-product",
          .bound_reason = "sums of at most 10000 products of half stars and whole numbers below 5 are exact in float",
          .small = {{"empty", 3, 2, 0, 8},
                    {"k:1", 5, 7, 100, 1},
                    {"k:31", 5, 7, 100, 31},
                    {"k:64", 64, 33, 5000, 64},
                    {"k:130", 5, 7, 100, 130},
                    {"one-user", 1, 33, 10000, 20}},
          .large = movielens_shapes({64, 128}),
          .inputs = inputs,
          .reference = reference,
          .cpu = cpu,
          .work = work};
}

}  // namespace embrace::cases
