// What all trainers share whose model is vectors and biases: they have an embedding, and are scored by it.
#pragma once
#include "host/method.hpp"
#include "host/span.hpp"

namespace embrace {

class EmbeddingTrainer : public Trainer {
 public:
  void predict(const PairsView& pairs, Span<float> out) const override;
  void score(Span<const std::int32_t> users, MatrixView out) const override;
  std::optional<EmbeddingView> embedding() const override = 0;  // never empty

 protected:
  using Trainer::Trainer;
};

}  // namespace embrace
