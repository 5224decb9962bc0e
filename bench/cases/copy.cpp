// copy: the bandwidth of a cache or of memory, read and write counted. What bandwidth-bound operations are divided by
// is that of the largest.
#include <cstring>

#include "bench/cases/operation.hpp"

namespace embrace::cases {
namespace {

Inputs inputs(const Shape& shape, std::uint64_t seed) {
  return {.shape = shape, .ratings = {}, .a = repeated_numbers(1, shape.ratings, seed), .b = {}};
}

std::vector<double> reference(const Inputs& in) { return {in.a.data(), in.a.data() + in.a.size()}; }

TimedRun cpu(const Inputs& in, Threads& threads) {
  auto to = std::make_shared<Matrix>(1, in.a.columns());
  return timed_on_cpu(
      [&in, &threads, to] {
        threads.for_ranges(in.a.columns(), 1 << 20U, [&](std::int64_t begin, std::int64_t end, int) {
          std::memcpy(to->data() + begin, in.a.data() + begin, static_cast<std::size_t>(end - begin) * sizeof(float));
        });
        return to;
      },
      [](const auto& made) { return std::vector<double>(made->data(), made->data() + made->size()); });
}

Work work(const Inputs& in) {
  const auto n = static_cast<double>(in.a.size());
  return {8 * n, 0, n};
}

}  // namespace

Operation copy_operation() {
  return {.name = "copy",
          .bound_reason = "a copy is exact",
          .small = {{"0", 0, 0, 0, 0}, {"1", 0, 0, 1, 0}, {"33", 0, 0, 33, 0}, {"3000000", 0, 0, 3'000'000, 0}},
          .large = {{"1Mi", 0, 0, 1 << 20U, 0}, {"4Mi", 0, 0, 4 << 20U, 0}, {"64Mi", 0, 0, 64 << 20U, 0}},
          .inputs = inputs,
          .reference = reference,
          .cpu = cpu,
          .work = work};
}

}  // namespace embrace::cases
