#include "host/math/directions.hpp"

#include <cmath>

#include "host/math/vector_math.hpp"

namespace embrace {

float direction(const float* x, float* out, std::int64_t n) {
  const float length = std::sqrt(dot(x, x, n)), scale = length > 0 ? 1 / length : 0;
  for (std::int64_t k = 0; k < n; ++k) out[k] = scale * x[k];
  return length;
}

void turn_aside(const float* unit, float length, float* gradient, std::int64_t n) {
  const float along = dot(gradient, unit, n), scale = length > 0 ? 1 / length : 0;
  for (std::int64_t k = 0; k < n; ++k) gradient[k] = scale * (gradient[k] - along * unit[k]);
}

}  // namespace embrace
