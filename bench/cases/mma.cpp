// mma: products of a 16 × 16 and a 16 × 8 matrix of bfloat16, added up in float: the rate of a GPU's tensor cores,
// operands being in registers.
#include "bench/cases/operation.hpp"

namespace embrace::cases {
namespace {

constexpr std::int64_t sums = 4;  // that a warp adds to in turn: it need not wait for the last product

/// `users` warps, each of which adds the product `ratings` times to every sum.
Inputs inputs(const Shape& shape, std::uint64_t seed) {
  return {.shape = shape, .ratings = {}, .a = whole_numbers(16, 16, seed), .b = whole_numbers(16, 8, seed + 1)};
}

/// All sums of a warp added up, for each warp.
std::vector<double> reference(const Inputs& in) {
  std::vector<double> all;
  for (std::int64_t warp = 0; warp < in.shape.users; ++warp) {
    for (std::int64_t i = 0; i < 16; ++i) {
      for (std::int64_t j = 0; j < 8; ++j) {
        double sum = 0;
        for (std::int64_t k = 0; k < 16; ++k) sum += static_cast<double>(in.a(i, k)) * static_cast<double>(in.b(k, j));
        all.push_back(sum * static_cast<double>(sums * in.shape.ratings));
      }
    }
  }
  return all;
}

Work work(const Inputs& in) {
  const auto products = static_cast<double>(in.shape.users * in.shape.ratings * sums);
  return {0, products * 2 * 16 * 8 * 16, products};
}

}  // namespace

Operation mma_operation() {
  return {.name = "mma",
          .bound_reason = "sums below 2^24 of products of whole numbers below 5: exact in bfloat16 and float",
          .small = {{"1", 1, 0, 1, 0}, {"5", 5, 0, 33, 0}},
          .large = {{"4096", 4096, 0, 2048, 0}},
          .inputs = inputs,
          .reference = reference,
          .cpu = {},
          .work = work};
}

}  // namespace embrace::cases
