// The default prediction paths: everything that has an embedding is scored the same way.
#include <algorithm>
#include <stdexcept>

#include "host/method.hpp"

namespace embrace {
namespace {

float bias_of(std::span<const float> bias, std::int32_t index) {
  return bias.empty() ? 0.0F : bias[static_cast<std::size_t>(index)];
}

/// Eight partial sums in a fixed order: vectorizes without letting the compiler reorder anything.
float dot(const float* a, const float* b, std::int64_t n) {
  float sum[8] = {};
  std::int64_t k = 0;
  for (; k + 8 <= n; k += 8) {
    for (std::int64_t lane = 0; lane < 8; ++lane) sum[lane] += a[k + lane] * b[k + lane];
  }
  for (std::int64_t lane = 0; k < n; ++k, ++lane) sum[lane] += a[k] * b[k];
  return ((sum[0] + sum[4]) + (sum[1] + sum[5])) + ((sum[2] + sum[6]) + (sum[3] + sum[7]));
}

EmbeddingView required(const Trainer& trainer) {
  const auto embedding = trainer.embedding();
  if (!embedding) throw std::logic_error("a trainer without an embedding must override predict and score");
  return *embedding;
}

}  // namespace

void Trainer::predict(const PairsView& pairs, std::span<float> out) const {
  const EmbeddingView e = required(*this);
  const auto size = static_cast<std::int64_t>(out.size());
  threads_.for_ranges(size, 4096, [&](std::int64_t begin, std::int64_t end, int) {
    for (std::int64_t p = begin; p < end; ++p) {
      const std::int32_t u = pairs.users[static_cast<std::size_t>(p)];
      const std::int32_t i = pairs.items[static_cast<std::size_t>(p)];
      out[static_cast<std::size_t>(p)] = e.offset + bias_of(e.user_bias, u) + bias_of(e.item_bias, i) +
                                         dot(e.users.row(u), e.items.row(i), e.users.columns);
    }
  });
}

void Trainer::score(std::span<const std::int32_t> users, MatrixView out) const {
  const EmbeddingView e = required(*this);
  threads_.for_each(static_cast<std::int64_t>(users.size()), [&](std::int64_t row, int) {
    const std::int32_t u = users[static_cast<std::size_t>(row)];
    for (std::int64_t i = 0; i < out.columns; ++i) {
      out(row, i) = e.offset + bias_of(e.user_bias, u) + bias_of(e.item_bias, static_cast<std::int32_t>(i)) +
                    dot(e.users.row(u), e.items.row(i), e.users.columns);
    }
  });
}

void Trainer::fold_in(CsrView) {}

}  // namespace embrace
