// gemm: the machine's rate of float products (OpenBLAS, one call a thread). What compute-bound operations are divided
// by.
#include "bench/cases/operation.hpp"
#include "host/math/product.hpp"
#include "host/matrix.hpp"

namespace embrace::cases {
namespace {

/// C = A B with square matrices of `factors`, cut into row blocks for the threads.
class Gemm final : public Case {
 public:
  Gemm(const Shape& shape, std::uint64_t seed)
      : n_(shape.factors), a_(whole_numbers(n_ * n_, seed)), b_(whole_numbers(n_ * n_, seed + 1)) {}
  std::vector<double> reference() const override {
    std::vector<double> c(static_cast<std::size_t>(n_ * n_), 0.0);
    for (std::int64_t i = 0; i < n_; ++i) {
      for (std::int64_t k = 0; k < n_; ++k) {
        for (std::int64_t j = 0; j < n_; ++j)
          c[index(i, j)] += static_cast<double>(a_[index(i, k)]) * static_cast<double>(b_[index(k, j)]);
      }
    }
    return c;
  }
  Prepared cpu(Threads& threads) const override {
    auto c = std::make_shared<AlignedVector<float>>(static_cast<std::size_t>(n_ * n_));
    const auto run = [this, c, &threads] {
      threads.for_ranges(n_, 128, [&](std::int64_t begin, std::int64_t end, int) {
        multiply({a_.data() + begin * n_, end - begin, n_, n_}, {b_.data(), n_, n_, n_}, 0,
                 {c->data() + begin * n_, end - begin, n_, n_});
      });
    };
    return {run, [c] { return std::vector<double>(c->begin(), c->end()); }};
  }
  gpu::DeviceRun gpu(const gpu::Operations& on) const override { return on.gemm(n_, a_, b_); }
  double bound() const override { return 0; }
  Work work() const override {
    const auto n = static_cast<double>(n_);
    return {12 * n * n, 2 * n * n * n, n * n};
  }

 private:
  std::size_t index(std::int64_t r, std::int64_t c) const { return static_cast<std::size_t>(r * n_ + c); }
  std::int64_t n_;
  std::vector<float> a_, b_;
};

}  // namespace

Operation gemm_operation() {
  return {"gemm",
          "sums of up to 2^20 products of whole numbers below 5 are whole numbers below 2^24: exact in float",
          {{"1", 0, 0, 0, 1}, {"31", 0, 0, 0, 31}, {"33", 0, 0, 0, 33}, {"200", 0, 0, 0, 200}},
          {{"1024", 0, 0, 0, 1024}, {"4096", 0, 0, 0, 4096}},
          [](const Shape& shape, std::uint64_t seed) { return std::make_unique<Gemm>(shape, seed); }};
}

}  // namespace embrace::cases
