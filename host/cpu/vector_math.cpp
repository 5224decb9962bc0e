#include "host/cpu/vector_math.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "host/cpu/vector_math.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "host/cpu/vectors-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace embrace::cpu {
namespace HWY_NAMESPACE {

void add_scaled_row(float a, const float* HWY_RESTRICT x, float* HWY_RESTRICT y, std::int64_t n) {
  add_scaled(a, x, y, n);
}

float dot_of_rows(const float* HWY_RESTRICT a, const float* HWY_RESTRICT b, std::int64_t n) { return dot(a, b, n); }

template <class D>
HWY_INLINE void adagrad_step(D d, const float* HWY_RESTRICT g, float penalty, float rate, float* HWY_RESTRICT sums,
                             float* HWY_RESTRICT w) {
  const auto weight = hn::LoadU(d, w);
  const auto gradient = hn::MulAdd(hn::Set(d, penalty), weight, hn::LoadU(d, g));
  const auto sum = hn::MulAdd(gradient, gradient, hn::LoadU(d, sums));
  hn::StoreU(sum, d, sums);
  hn::StoreU(hn::Sub(weight, hn::Div(hn::Mul(hn::Set(d, rate), gradient), hn::Sqrt(sum))), d, w);
}

void adagrad_row(const float* HWY_RESTRICT g, float penalty, float rate, float* HWY_RESTRICT sums,
                 float* HWY_RESTRICT w, std::int64_t n) {
  std::int64_t k = 0;
  for (; k + lanes <= n; k += lanes) adagrad_step(Tag(), g + k, penalty, rate, sums + k, w + k);
  for (; k < n; ++k) adagrad_step(hn::CappedTag<float, 1>(), g + k, penalty, rate, sums + k, w + k);
}

}  // namespace HWY_NAMESPACE
}  // namespace embrace::cpu
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace embrace::cpu {
HWY_EXPORT(add_scaled_row);
HWY_EXPORT(dot_of_rows);
HWY_EXPORT(adagrad_row);

void add_scaled(float a, const float* x, float* y, std::int64_t n) { HWY_DYNAMIC_DISPATCH(add_scaled_row)(a, x, y, n); }

float dot(const float* a, const float* b, std::int64_t n) { return HWY_DYNAMIC_DISPATCH(dot_of_rows)(a, b, n); }

void adagrad(const float* g, float penalty, float rate, float* sums, float* w, std::int64_t n) {
  HWY_DYNAMIC_DISPATCH(adagrad_row)(g, penalty, rate, sums, w, n);
}

}  // namespace embrace::cpu
#endif  // HWY_ONCE
