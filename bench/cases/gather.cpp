// gather: sums of rows of a matrix in any order: the rate at which a device reads vectors out of its cache or of
// memory.
#include "bench/cases/operation.hpp"

namespace embrace::cases {
namespace {

Inputs inputs(const Shape& shape, std::uint64_t seed) {
  Inputs in{.shape = shape, .ratings = {}, .a = repeated_numbers(shape.users, shape.factors, seed), .b = {}};
  in.ratings.users = any_users(shape, seed);
  return in;
}

std::vector<double> reference(const Inputs& in) {
  std::vector<double> sums;
  for (const std::int32_t row : in.ratings.users) {
    double sum = 0;
    for (std::int64_t k = 0; k < in.a.columns(); ++k) sum += static_cast<double>(in.a(row, k));
    sums.push_back(sum);
  }
  return sums;
}

Work work(const Inputs& in) {
  const auto n = static_cast<double>(in.shape.ratings);
  const auto k = static_cast<double>(in.shape.factors);
  return {n * (4 * k + 8), n * k, n};
}

/// Rows of 128, 256 and 512 bytes of a table of 8 MiB, which a GPU's cache holds, and of one of 256 MiB.
std::vector<Shape> large_shapes() {
  std::vector<Shape> shapes;
  for (const std::int64_t mib : {8, 256}) {
    for (const std::int64_t k : {32, 64, 128}) {
      shapes.push_back({std::to_string(mib) + "MiB/k:" + std::to_string(k), (mib << 20U) / (4 * k), 0, 4 << 20U, k});
    }
  }
  return shapes;
}

}  // namespace

Operation gather_operation() {
  return {.name = "gather",
          .bound_reason = "sums of at most 128 whole numbers below 5 are exact in float",
          .small = {{"none", 3, 0, 0, 8}, {"k:1", 5, 0, 100, 1}, {"k:33", 40, 0, 300, 33}, {"k:128", 40, 0, 300, 128}},
          .large = large_shapes(),
          .inputs = inputs,
          .reference = reference,
          .cpu = {},
          .work = work};
}

}  // namespace embrace::cases
