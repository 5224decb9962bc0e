// copy: the machine's memory bandwidth, read and write counted. What bandwidth-bound operations are divided by.
#include <cstring>

#include "bench/cases/operation.hpp"
#include "host/array.hpp"
#include "host/matrix.hpp"

namespace embrace::cases {
namespace {

class Copy final : public Case {
 public:
  Copy(const Shape& shape, std::uint64_t seed) {
    const Array<float> numbers = whole_numbers(std::min<std::int64_t>(shape.ratings, 4096), seed);
    from_.resize(static_cast<std::size_t>(shape.ratings));
    for (std::int64_t i = 0; i < from_.size(); ++i) from_[i] = numbers[i % numbers.size()];
  }
  std::vector<double> reference() const override { return {from_.begin(), from_.end()}; }
  Prepared cpu(Threads& threads) const override {
    auto to = std::make_shared<AlignedVector<float>>(from_.size());
    const auto run = [this, to, &threads] {
      threads.for_ranges(from_.size(), 1 << 20U, [&](std::int64_t begin, std::int64_t end, int) {
        std::memcpy(to->data() + begin, from_.data() + begin, static_cast<std::size_t>(end - begin) * sizeof(float));
      });
    };
    return {run, [to] { return std::vector<double>(to->begin(), to->end()); }};
  }
  gpu::DeviceRun gpu(const gpu::Operations& on) const override { return on.copy(from_); }
  double bound() const override { return 0; }
  Work work() const override {
    const auto n = static_cast<double>(from_.size());
    return {8 * n, 0, n};
  }

 private:
  AlignedVector<float> from_;
};

}  // namespace

Operation copy_operation() {
  return {"copy",
          "a copy is exact",
          {{"0", 0, 0, 0, 0}, {"1", 0, 0, 1, 0}, {"33", 0, 0, 33, 0}, {"3000000", 0, 0, 3'000'000, 0}},
          {{"64Mi", 0, 0, 64 << 20U, 0}},
          [](const Shape& shape, std::uint64_t seed) { return std::make_unique<Copy>(shape, seed); }};
}

}  // namespace embrace::cases
