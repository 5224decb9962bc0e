#include "host/cpu/vector_math.hpp"

#include "host/cpu/adam.hpp"

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

template <class D>
HWY_INLINE void adam_step(D d, const AdamStep& step, const float* HWY_RESTRICT g, float* HWY_RESTRICT w,
                          float* HWY_RESTRICT m, float* HWY_RESTRICT v) {
  const auto gradient = hn::LoadU(d, g);
  const auto first = hn::MulAdd(hn::Set(d, 0.9F), hn::LoadU(d, m), hn::Mul(hn::Set(d, 0.1F), gradient));
  const auto second =
      hn::MulAdd(hn::Set(d, 0.999F), hn::LoadU(d, v), hn::Mul(hn::Set(d, 0.001F), hn::Mul(gradient, gradient)));
  hn::StoreU(first, d, m);
  hn::StoreU(second, d, v);
  const auto deviation = hn::MulAdd(hn::Sqrt(second), hn::Set(d, step.scale), hn::Set(d, 1e-8F));
  const auto move = hn::Div(hn::Mul(hn::Set(d, step.rate), first), deviation);
  hn::StoreU(hn::Sub(hn::Mul(hn::Set(d, step.shrink), hn::LoadU(d, w)), move), d, w);
}

void adam_row(const AdamStep& step, const float* HWY_RESTRICT g, float* HWY_RESTRICT w, float* HWY_RESTRICT m,
              float* HWY_RESTRICT v, std::int64_t n) {
  std::int64_t k = 0;
  for (; k + lanes <= n; k += lanes) adam_step(Tag(), step, g + k, w + k, m + k, v + k);
  for (; k < n; ++k) adam_step(hn::CappedTag<float, 1>(), step, g + k, w + k, m + k, v + k);
}

void pass_row(const float* h, float factor, const float* x, float* out, std::int64_t n) {
  const Tag d;
  const Vector f = hn::Set(d, factor);
  std::int64_t k = 0;
  for (; k + lanes <= n; k += lanes) {
    const auto positive = hn::Gt(hn::LoadU(d, h + k), hn::Zero(d));
    hn::StoreU(hn::IfThenElseZero(positive, hn::Mul(f, hn::LoadU(d, x + k))), d, out + k);
  }
  for (; k < n; ++k) out[k] = h[k] > 0.0F ? factor * x[k] : 0.0F;
}

void drop_row(const std::uint32_t* bits, std::uint32_t below, float scale, float* x, std::int64_t n) {
  const Tag d;
  const hn::RebindToUnsigned<Tag> whole;
  std::int64_t k = 0;
  for (; k + lanes <= n; k += lanes) {
    const auto dropped = hn::RebindMask(d, hn::Lt(hn::LoadU(whole, bits + k), hn::Set(whole, below)));
    hn::StoreU(hn::Mul(hn::LoadU(d, x + k), hn::IfThenZeroElse(dropped, hn::Set(d, scale))), d, x + k);
  }
  for (; k < n; ++k) x[k] *= bits[k] < below ? 0.0F : scale;
}

}  // namespace HWY_NAMESPACE
}  // namespace embrace::cpu
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace embrace::cpu {
HWY_EXPORT(add_scaled_row);
HWY_EXPORT(dot_of_rows);
HWY_EXPORT(adagrad_row);
HWY_EXPORT(adam_row);
HWY_EXPORT(pass_row);
HWY_EXPORT(drop_row);

void add_scaled(float a, const float* x, float* y, std::int64_t n) { HWY_DYNAMIC_DISPATCH(add_scaled_row)(a, x, y, n); }

float dot(const float* a, const float* b, std::int64_t n) { return HWY_DYNAMIC_DISPATCH(dot_of_rows)(a, b, n); }

void adagrad(const float* g, float penalty, float rate, float* sums, float* w, std::int64_t n) {
  HWY_DYNAMIC_DISPATCH(adagrad_row)(g, penalty, rate, sums, w, n);
}

void adam(const AdamStep& step, const float* g, float* w, float* m, float* v, std::int64_t n) {
  HWY_DYNAMIC_DISPATCH(adam_row)(step, g, w, m, v, n);
}

void pass_where_positive(const float* h, float factor, const float* x, float* out, std::int64_t n) {
  HWY_DYNAMIC_DISPATCH(pass_row)(h, factor, x, out, n);
}

void drop_units(const std::uint32_t* bits, std::uint32_t below, float scale, float* x, std::int64_t n) {
  HWY_DYNAMIC_DISPATCH(drop_row)(bits, below, scale, x, n);
}

}  // namespace embrace::cpu
#endif  // HWY_ONCE
