#include "host/math/score_losses.hpp"

#include <algorithm>
#include <cmath>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "host/math/score_losses.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "host/math/vectors-inl.hpp"

// After highway.h.
#include <hwy/contrib/math/math-inl.h>

HWY_BEFORE_NAMESPACE();
namespace embrace {
namespace HWY_NAMESPACE {

float largest_of_row(float least, const float* HWY_RESTRICT x, std::int64_t n) {
  const Tag d;
  Vector most = hn::Set(d, least);
  std::int64_t k = 0;
  for (; k + lanes <= n; k += lanes) most = hn::Max(most, hn::LoadU(d, x + k));
  float all = hn::GetLane(hn::MaxOfLanes(d, most));
  for (; k < n; ++k) all = std::max(all, x[k]);
  return all;
}

/// Calls change(values) on all of x, the last ones padded by `padding`, which it must turn into {0, 0}: it returns what
/// takes the place of the values, and the terms of the sum that is returned.
template <class Change>
HWY_INLINE float change_row(float padding, float* HWY_RESTRICT x, std::int64_t n, const Change& change) {
  const Tag d;
  Vector sum = hn::Zero(d);
  std::int64_t k = 0;
  for (; k + lanes <= n; k += lanes) {
    Vector term;
    hn::StoreU(change(hn::LoadU(d, x + k), term), d, x + k);
    sum = hn::Add(sum, term);
  }
  if (k < n) {
    alignas(64) float rest[16];
    std::fill_n(rest, 16, padding);
    std::copy_n(x + k, n - k, rest);
    Vector term;
    hn::StoreU(change(hn::LoadU(d, rest), term), d, rest);
    sum = hn::Add(sum, term);
    std::copy_n(rest, n - k, x + k);
  }
  return hn::GetLane(hn::SumOfLanes(d, sum));
}

float exponentials_of_row(float shift, float factor, float* HWY_RESTRICT x, std::int64_t n) {
  const Tag d;
  const Vector shifts = hn::Set(d, shift), factors = hn::Set(d, factor);
  return change_row(-hwy::HighestValue<float>(), x, n, [&](Vector value, Vector& term) HWY_ATTR {
    return term = hn::Exp(d, hn::Mul(hn::Sub(value, shifts), factors));
  });
}

float hinges_of_row(float margin, float slope, float* HWY_RESTRICT x, std::int64_t n) {
  const Tag d;
  const Vector margins = hn::Set(d, margin), slopes = hn::Set(d, slope);
  return change_row(margin, x, n, [&](Vector value, Vector& term) HWY_ATTR {
    const auto above = hn::Gt(value, margins);
    term = hn::IfThenElseZero(above, hn::Sub(value, margins));
    return hn::IfThenElseZero(above, slopes);
  });
}

float logistics_of_row(float sign, float weight, float* HWY_RESTRICT x, std::int64_t n) {
  const Tag d;
  const Vector signs = hn::Set(d, sign), slopes = hn::Set(d, sign * weight), one = hn::Set(d, 1.0F);
  return change_row(-sign * hwy::HighestValue<float>(), x, n, [&](Vector value, Vector& term) HWY_ATTR {
    const Vector z = hn::Mul(signs, value), e = hn::Exp(d, hn::Neg(hn::Abs(z)));
    const auto negative = hn::Lt(z, hn::Zero(d));
    term = hn::Add(hn::Log1p(d, e), hn::IfThenZeroElse(negative, z));  // no maximum: what is no number stays so
    return hn::Mul(slopes, hn::Div(hn::IfThenElse(negative, e, one), hn::Add(one, e)));
  });
}

void scaled_row(float factor, float* HWY_RESTRICT x, std::int64_t n) {
  const Tag d;
  const Vector factors = hn::Set(d, factor);
  std::int64_t k = 0;
  for (; k + lanes <= n; k += lanes) hn::StoreU(hn::Mul(factors, hn::LoadU(d, x + k)), d, x + k);
  for (; k < n; ++k) x[k] *= factor;
}

}  // namespace HWY_NAMESPACE
}  // namespace embrace
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace embrace {
HWY_EXPORT(largest_of_row);
HWY_EXPORT(exponentials_of_row);
HWY_EXPORT(hinges_of_row);
HWY_EXPORT(logistics_of_row);
HWY_EXPORT(scaled_row);

float largest(float least, const float* x, std::int64_t n) { return HWY_DYNAMIC_DISPATCH(largest_of_row)(least, x, n); }

float exponentials(float shift, float factor, float* x, std::int64_t n) {
  return HWY_DYNAMIC_DISPATCH(exponentials_of_row)(shift, factor, x, n);
}

float hinges(float margin, float slope, float* x, std::int64_t n) {
  return HWY_DYNAMIC_DISPATCH(hinges_of_row)(margin, slope, x, n);
}

float logistic_losses(float sign, float weight, float* x, std::int64_t n) {
  return HWY_DYNAMIC_DISPATCH(logistics_of_row)(sign, weight, x, n);
}

void scale_row(float factor, float* x, std::int64_t n) { HWY_DYNAMIC_DISPATCH(scaled_row)(factor, x, n); }

SoftmaxTerm sampled_softmax(float sharp, float positive, double each, float* x, std::int64_t n) {
  const float most = largest(positive, x, n);
  const double ahead = static_cast<double>(sharp) * static_cast<double>(positive - most), own = std::exp(ahead);
  const double all = own + each * static_cast<double>(exponentials(most, sharp, x, n));
  scale_row(static_cast<float>(static_cast<double>(sharp) * each / all), x, n);
  return {std::log(all) - ahead, static_cast<float>(static_cast<double>(sharp) * (own / all - 1))};
}

}  // namespace embrace
#endif  // HWY_ONCE
