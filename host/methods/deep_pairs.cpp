#include "host/methods/deep_pairs.hpp"

#include <algorithm>

#include "host/math/vector_math.hpp"

namespace embrace {

void pair_products(Span<const float* const> fields, std::int64_t factors, float* z) {
  for (std::int64_t f = 0; f < fields.size(); ++f) {
    for (std::int64_t g = f + 1; g < fields.size(); ++g) *z++ = dot(fields[f], fields[g], factors);
  }
}

void add_pair_gradient(Span<const float* const> fields, std::int64_t f, std::int64_t factors, const float* dz,
                       float* gradient) {
  const std::int64_t count = fields.size();
  for (std::int64_t g = 0; g < count; ++g) {
    if (g == f) continue;
    const auto [low, high] = std::minmax(f, g);
    add_scaled(dz[low * (2 * count - low - 1) / 2 + high - low - 1], fields[g], gradient, factors);
  }
}

}  // namespace embrace
