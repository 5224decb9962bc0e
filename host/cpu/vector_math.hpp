// Short loops over rows of floats, vectorized for the CPU at hand, each in a fixed order of additions.
#pragma once
#include <cmath>
#include <cstdint>

namespace embrace::cpu {

/// y += a x
void add_scaled(float a, const float* x, float* y, std::int64_t n);

/// <a, b>
float dot(const float* a, const float* b, std::int64_t n);

/// One step of Adagrad (Duchi et al. 2011) with the gradient g + penalty w:
///   sums += (g + penalty w)²;  w -= rate (g + penalty w) / sqrt(sums)
void adagrad(const float* g, float penalty, float rate, float* sums, float* w, std::int64_t n);

/// out = factor x where h is positive, 0 elsewhere; out may be x.
void pass_where_positive(const float* h, float factor, const float* x, float* out, std::int64_t n);

/// x is multiplied by 0 where its random bits are below `below`, elsewhere by `scale`.
void drop_units(const std::uint32_t* bits, std::uint32_t below, float scale, float* x, std::int64_t n);

/// Asks for a row that will be read soon.
inline void prefetch(const float* x, std::int64_t n) {
  constexpr std::int64_t line = 16;
  for (std::int64_t k = 0; k < n; k += line) __builtin_prefetch(x + k);
}

inline bool all_finite(const float* x, std::int64_t n) {
  bool finite = true;
  for (std::int64_t k = 0; k < n; ++k) finite = finite && std::isfinite(x[k]);
  return finite;
}

}  // namespace embrace::cpu
