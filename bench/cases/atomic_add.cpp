// atomic-add: ones added to counters in any order: the rate of a device's atomic additions, by how many counters share
// it.
#include "bench/cases/operation.hpp"

namespace embrace::cases {
namespace {

Inputs inputs(const Shape& shape, std::uint64_t seed) {
  Inputs in{.shape = shape, .ratings = {}, .a = {}, .b = {}};
  in.ratings.users = any_users(shape, seed);
  return in;
}

std::vector<double> reference(const Inputs& in) {
  std::vector<double> counts(static_cast<std::size_t>(in.shape.users), 0.0);
  for (const std::int32_t user : in.ratings.users) ++counts[static_cast<std::size_t>(user)];
  return counts;
}

Work work(const Inputs& in) {
  const auto n = static_cast<double>(in.shape.ratings);
  return {4 * n, 0, n};
}

}  // namespace

Operation atomic_add_operation() {
  constexpr std::int64_t additions = 16 << 20U;
  return {.name = "atomic-add",
          .bound_reason = "whole numbers",
          .small = {{"none", 3, 0, 0, 0}, {"1", 1, 0, 1000, 0}, {"100", 100, 0, 1000, 0}},
          .large = {{"1", 1, 0, additions, 0},
                    {"1Ki", 1 << 10U, 0, additions, 0},
                    {"32Ki", 32 << 10U, 0, additions, 0},
                    {"1Mi", 1 << 20U, 0, additions, 0}},
          .inputs = inputs,
          .reference = reference,
          .cpu = {},
          .work = work};
}

}  // namespace embrace::cases
