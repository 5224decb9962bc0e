// A trainer that has been trained already: fixed vectors, for the operations that only read them.
#pragma once
#include <algorithm>

#include "bench/cases/operation.hpp"
#include "host/matrix.hpp"
#include "host/method.hpp"

namespace embrace::cases {

class FixedFactors final : public Trainer {
 public:
  FixedFactors(const Shape& shape, std::uint64_t seed, Threads& threads)
      : Trainer(threads),
        shape_(shape),
        users_(filled(shape.users, shape.factors, seed)),
        items_(filled(shape.items, shape.factors, seed + 1)) {}
  EpochResult epoch() override { return {}; }
  std::optional<EmbeddingView> embedding() const override {
    return EmbeddingView{users_.view(), items_.view(), {}, {}, 0};
  }
  /// The plain product, in double.
  double product(std::int64_t user, std::int64_t item) const {
    double sum = 0;
    for (std::int64_t k = 0; k < shape_.factors; ++k) {
      sum += static_cast<double>(users_(user, k)) * static_cast<double>(items_(item, k));
    }
    return sum;
  }

 private:
  static Matrix filled(std::int64_t rows, std::int64_t columns, std::uint64_t seed) {
    Matrix matrix(rows, columns);
    const std::vector<float> numbers = whole_numbers(rows * columns, seed);
    std::copy(numbers.begin(), numbers.end(), matrix.data());
    return matrix;
  }
  Shape shape_;
  Matrix users_, items_;
};

}  // namespace embrace::cases
