#include "host/methods/hybrid_gradients.hpp"

namespace embrace {
namespace {

/// What a sample reads.
const float* vector_of(const AdagradSide& side, std::int64_t sample) {
  return side.values.vectors.row(side.slots->slot[sample]);
}

}  // namespace

float HybridGradients::of_user(std::int64_t slot, RowSums& vector) const {
  float bias = 0;
  for (const std::int32_t s : users.slots->samples.of(slot)) {
    const float coefficient = coefficients[s];
    vector.add(vector_of(items, s), coefficient);
    if (paired) {
      vector.add(vector_of(items, s + coefficients.size()), -coefficient);
    } else {
      bias += coefficient;
    }
    if (contexts) vector.add(vector_of(*contexts, s), coefficient);
  }
  return bias;
}

float HybridGradients::of_item(std::int64_t slot, RowSums& vector) const {
  float bias = 0;
  for (const std::int32_t read : items.slots->samples.of(slot)) {
    const bool negative = read >= coefficients.size();
    const std::int64_t s = negative ? read - coefficients.size() : read;
    const float coefficient = (negative ? -1.0F : 1.0F) * coefficients[s];
    vector.add(vector_of(users, s), coefficient);
    if (contexts) vector.add(vector_of(*contexts, s), coefficient);
    bias += coefficient;
  }
  return bias;
}

float HybridGradients::of_context(std::int64_t slot, RowSums& vector) const {
  float bias = 0;
  for (const std::int32_t s : contexts->slots->samples.of(slot)) {
    const float coefficient = coefficients[s];
    vector.add(vector_of(users, s), coefficient);
    vector.add(vector_of(items, s), coefficient);
    bias += coefficient;
  }
  return bias;
}

}  // namespace embrace
