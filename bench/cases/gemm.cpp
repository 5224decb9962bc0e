// gemm: the machine's rate of float products (OpenBLAS, one call a thread). What compute-bound operations are divided
// by.
#include "bench/cases/operation.hpp"
#include "host/math/product.hpp"

namespace embrace::cases {
namespace {

/// Two square matrices of `factors`.
Inputs inputs(const Shape& shape, std::uint64_t seed) {
  return {.shape = shape,
          .ratings = {},
          .a = vectors(shape, shape.factors, shape.factors, seed),
          .b = vectors(shape, shape.factors, shape.factors, seed + 1)};
}

std::vector<double> reference(const Inputs& in) {
  const std::int64_t n = in.shape.factors;
  std::vector<double> c(static_cast<std::size_t>(n * n), 0.0);
  for (std::int64_t i = 0; i < n; ++i) {
    for (std::int64_t k = 0; k < n; ++k) {
      for (std::int64_t j = 0; j < n; ++j) {
        c[static_cast<std::size_t>(i * n + j)] += static_cast<double>(in.a(i, k)) * static_cast<double>(in.b(k, j));
      }
    }
  }
  return c;
}

/// Cut into blocks of rows for the threads.
TimedRun cpu(const Inputs& in, Threads& threads) {
  auto c = std::make_shared<Matrix>(in.shape.factors, in.shape.factors);
  return timed_on_cpu(
      [&in, &threads, c] {
        const std::int64_t n = in.shape.factors;
        threads.for_ranges(n, 128, [&](std::int64_t begin, std::int64_t end, int) {
          multiply({in.a.row(begin), end - begin, n, n}, in.b.view(), 0, {c->row(begin), end - begin, n, n});
        });
        return c;
      },
      [](const auto& made) { return std::vector<double>(made->data(), made->data() + made->size()); });
}

Work work(const Inputs& in) {
  const auto n = static_cast<double>(in.shape.factors);
  return {12 * n * n, 2 * n * n * n, n * n};
}

}  // namespace

Operation gemm_operation() {
  return {.name = "gemm",
          .bound_reason =
              "sums of up to 2^20 products of whole numbers below 5 are whole numbers below 2^24: exact in "
              "float",
          .small = {{"1", 0, 0, 0, 1}, {"31", 0, 0, 0, 31}, {"33", 0, 0, 0, 33}, {"200", 0, 0, 0, 200}},
          .large = {{"1024", 0, 0, 0, 1024, Numbers::normal}, {"4096", 0, 0, 0, 4096, Numbers::normal}},
          .inputs = inputs,
          .reference = reference,
          .cpu = cpu,
          .work = work};
}

}  // namespace embrace::cases
