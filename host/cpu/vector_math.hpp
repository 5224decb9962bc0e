// Short loops over rows of floats, in a fixed order of additions.
#pragma once
#include <cmath>
#include <cstdint>

namespace embrace::cpu {

/// y += a x
inline void add_scaled(float a, const float* x, float* y, std::int64_t n) {
  for (std::int64_t k = 0; k < n; ++k) y[k] += a * x[k];
}

/// Eight partial sums: vectorizes without letting the compiler reorder anything.
inline float dot(const float* a, const float* b, std::int64_t n) {
  float sum[8] = {};
  std::int64_t k = 0;
  for (; k + 8 <= n; k += 8) {
    for (std::int64_t lane = 0; lane < 8; ++lane) sum[lane] += a[k + lane] * b[k + lane];
  }
  for (std::int64_t lane = 0; k < n; ++k, ++lane) sum[lane] += a[k] * b[k];
  return ((sum[0] + sum[4]) + (sum[1] + sum[5])) + ((sum[2] + sum[6]) + (sum[3] + sum[7]));
}

inline bool all_finite(const float* x, std::int64_t n) {
  bool finite = true;
  for (std::int64_t k = 0; k < n; ++k) finite = finite && std::isfinite(x[k]);
  return finite;
}

}  // namespace embrace::cpu
