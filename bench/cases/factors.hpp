// A trainer that has been trained already: the vectors of an operation's inputs, for the operations that only read
// them.
#pragma once
#include "bench/cases/operation.hpp"
#include "host/learning/embedding_trainer.hpp"

namespace embrace::cases {

constexpr int kept = 10;  // items a user, in `rank`

class FixedFactors final : public EmbeddingTrainer {
 public:
  FixedFactors(const Inputs& in, Threads& threads) : EmbeddingTrainer(threads), in_(in) {}
  EpochResult epoch() override { return {}; }
  std::optional<EmbeddingView> embedding() const override {
    return EmbeddingView{in_.a.view(), in_.b.view(), {}, {}, 0};
  }

 private:
  const Inputs& in_;
};

/// The plain product of a user's and an item's vector, in double.
inline double plain_score(const Inputs& in, std::int64_t user, std::int64_t item) {
  double sum = 0;
  for (std::int64_t k = 0; k < in.shape.factors; ++k) {
    sum += static_cast<double>(in.a(user, k)) * static_cast<double>(in.b(item, k));
  }
  return sum;
}

}  // namespace embrace::cases
