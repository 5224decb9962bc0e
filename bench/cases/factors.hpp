// A trainer that has been trained already: fixed vectors, for the operations that only read them.
#pragma once
#include "bench/cases/operation.hpp"
#include "host/method.hpp"

namespace embrace::cases {

class FixedFactors final : public Trainer {
 public:
  FixedFactors(const Shape& shape, std::uint64_t seed, Threads& threads)
      : Trainer(threads),
        shape_(shape),
        users_(whole_numbers(shape.users * shape.factors, seed)),
        items_(whole_numbers(shape.items * shape.factors, seed + 1)) {}
  EpochResult epoch() override { return {}; }
  std::optional<EmbeddingView> embedding() const override {
    const std::int64_t k = shape_.factors;
    return EmbeddingView{{users_.data(), shape_.users, k, k}, {items_.data(), shape_.items, k, k}, {}, {}, 0};
  }
  /// The plain product, in double.
  double product(std::int64_t user, std::int64_t item) const {
    double sum = 0;
    for (std::int64_t k = 0; k < shape_.factors; ++k) {
      sum += static_cast<double>(users_[static_cast<std::size_t>(user * shape_.factors + k)]) *
             static_cast<double>(items_[static_cast<std::size_t>(item * shape_.factors + k)]);
    }
    return sum;
  }

 private:
  Shape shape_;
  std::vector<float> users_, items_;
};

}  // namespace embrace::cases
