#include "host/math/vector_math.hpp"

#include <algorithm>

#include "host/math/adam.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "host/math/vector_math.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "host/math/vectors-inl.hpp"
#include "host/span.hpp"

// After highway.h.
#include <hwy/contrib/math/math-inl.h>

HWY_BEFORE_NAMESPACE();
namespace embrace {
namespace HWY_NAMESPACE {

void add_scaled_row(float a, const float* HWY_RESTRICT x, float* HWY_RESTRICT y, std::int64_t n) {
  add_scaled(a, x, y, n);
}

float dot_of_rows(const float* HWY_RESTRICT a, const float* HWY_RESTRICT b, std::int64_t n) { return dot(a, b, n); }

/// Columns of a sum from `first` on: `vectors` (1, 2 or 4) of them.
template <int vectors>
HWY_INLINE void sum_columns(const RowSums::Row* rows, std::int64_t count, std::int64_t first, float* HWY_RESTRICT out) {
  const Tag d;
  Vector sum0 = hn::Zero(d), sum1 = sum0, sum2 = sum0, sum3 = sum0;
  for (std::int64_t r = 0; r < count; ++r) {
    const Vector factor = hn::Set(d, rows[r].factor);
    const float* HWY_RESTRICT x = rows[r].row + first;
    sum0 = hn::MulAdd(factor, hn::LoadU(d, x), sum0);
    if constexpr (vectors > 1) sum1 = hn::MulAdd(factor, hn::LoadU(d, x + lanes), sum1);
    if constexpr (vectors > 2) sum2 = hn::MulAdd(factor, hn::LoadU(d, x + 2 * lanes), sum2);
    if constexpr (vectors > 2) sum3 = hn::MulAdd(factor, hn::LoadU(d, x + 3 * lanes), sum3);
  }
  hn::StoreU(sum0, d, out + first);
  if constexpr (vectors > 1) hn::StoreU(sum1, d, out + first + lanes);
  if constexpr (vectors > 2) hn::StoreU(sum2, d, out + first + 2 * lanes);
  if constexpr (vectors > 2) hn::StoreU(sum3, d, out + first + 3 * lanes);
}

void sum_lists(const RowSums::Row* rows, Span<const RowSums::Sum> sums, std::int64_t columns) {
  std::int64_t begin = 0;
  for (const RowSums::Sum& sum : sums) {
    const RowSums::Row* first = rows + begin;
    const std::int64_t count = sum.end - begin;
    std::int64_t k = 0;
    for (; k + 4 * lanes <= columns; k += 4 * lanes) sum_columns<4>(first, count, k, sum.out);
    for (; k + 2 * lanes <= columns; k += 2 * lanes) sum_columns<2>(first, count, k, sum.out);
    for (; k + lanes <= columns; k += lanes) sum_columns<1>(first, count, k, sum.out);
    for (; k < columns; ++k) {
      float last = 0;
      for (std::int64_t r = 0; r < count; ++r) last += first[r].factor * first[r].row[k];
      sum.out[k] = last;
    }
    begin = sum.end;
  }
}

void dots_of_pairs(Span<const VectorPair> pairs, std::int64_t length, float* HWY_RESTRICT out) {
  for (std::int64_t p = 0; p < pairs.size(); ++p) out[p] = dot(pairs[p].a, pairs[p].b, length);
}

/// 1 / sqrt(x) for x > 0. An x86 estimates it to 12 bits or more, and a step of Newton's method doubles them; square
/// root and division take four times as long.
template <class D, class V>
HWY_INLINE V inverse_sqrt(D d, V x) {
#if HWY_ARCH_X86
  const V estimate = hn::ApproximateReciprocalSqrt(x);
  const V error = hn::NegMulAdd(hn::Mul(x, estimate), estimate, hn::Set(d, 1.0F));
  return hn::MulAdd(hn::Mul(estimate, error), hn::Set(d, 0.5F), estimate);
#else
  return hn::Div(hn::Set(d, 1.0F), hn::Sqrt(x));
#endif
}

template <class D>
HWY_INLINE void adagrad_step(D d, hn::Vec<D> g, float penalty, float rate, float* HWY_RESTRICT sums,
                             float* HWY_RESTRICT w) {
  const auto weight = hn::LoadU(d, w);
  const auto gradient = hn::MulAdd(hn::Set(d, penalty), weight, g);
  const auto sum = hn::MulAdd(gradient, gradient, hn::LoadU(d, sums));
  hn::StoreU(sum, d, sums);
  hn::StoreU(hn::NegMulAdd(hn::Mul(hn::Set(d, rate), gradient), inverse_sqrt(d, sum), weight), d, w);
}

void adagrad_rows(Span<const AdagradRow> rows, std::int64_t length) {
  const Tag d;
  const hn::CappedTag<float, 1> one;
  for (const AdagradRow& row : rows) {
    std::int64_t k = 0;
    for (; k + lanes <= length; k += lanes) {
      adagrad_step(d, hn::LoadU(d, row.gradient + k), row.penalty, row.rate, row.sums + k, row.weights + k);
    }
    for (; k <= length; ++k) {
      const float g = k < length ? row.gradient[k] : row.bias_gradient;
      adagrad_step(one, hn::Set(one, g), row.penalty, row.rate, row.sums + k, row.weights + k);
    }
  }
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

/// e = exp(-|x|) serves both. |x| + x, not a maximum: what is not a number stays so.
void logistic_row(const float* x, std::int64_t n, float* softplus, float* sigmoid) {
  const Tag d;
  const Vector one = hn::Set(d, 1.0F), half = hn::Set(d, 0.5F);
  const auto at = [&](const float* from, float* to_softplus, float* to_sigmoid) {
    const Vector value = hn::LoadU(d, from), size = hn::Abs(value);
    const Vector e = hn::Exp(d, hn::Neg(size));
    const Vector up = hn::IfThenElse(hn::Ge(value, hn::Zero(d)), one, e);
    hn::StoreU(hn::Add(hn::Log1p(d, e), hn::Mul(half, hn::Add(size, value))), d, to_softplus);
    hn::StoreU(hn::Div(up, hn::Add(one, e)), d, to_sigmoid);
  };
  std::int64_t k = 0;
  for (; k + lanes <= n; k += lanes) at(x + k, softplus + k, sigmoid + k);
  if (k == n) return;
  const auto rest = n - k;
  alignas(64) float values[16] = {}, softplus_of[16], sigmoid_of[16];
  std::copy_n(x + k, rest, values);
  at(values, softplus_of, sigmoid_of);
  std::copy_n(softplus_of, rest, softplus + k);
  std::copy_n(sigmoid_of, rest, sigmoid + k);
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
}  // namespace embrace
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace embrace {
HWY_EXPORT(add_scaled_row);
HWY_EXPORT(dot_of_rows);
HWY_EXPORT(sum_lists);
HWY_EXPORT(dots_of_pairs);
HWY_EXPORT(adagrad_rows);
HWY_EXPORT(adam_row);
HWY_EXPORT(logistic_row);
HWY_EXPORT(pass_row);
HWY_EXPORT(drop_row);

void add_scaled(float a, const float* x, float* y, std::int64_t n) { HWY_DYNAMIC_DISPATCH(add_scaled_row)(a, x, y, n); }

float dot(const float* a, const float* b, std::int64_t n) { return HWY_DYNAMIC_DISPATCH(dot_of_rows)(a, b, n); }

void RowSums::run() {
  HWY_DYNAMIC_DISPATCH(sum_lists)(rows_.data(), sums_, columns_);
  rows_.clear();
  sums_.clear();
}

void dots(Span<const VectorPair> pairs, std::int64_t length, float* out) {
  HWY_DYNAMIC_DISPATCH(dots_of_pairs)(pairs, length, out);
}

void adagrad(Span<const AdagradRow> rows, std::int64_t length) { HWY_DYNAMIC_DISPATCH(adagrad_rows)(rows, length); }

void adam(const AdamStep& step, const float* g, float* w, float* m, float* v, std::int64_t n) {
  HWY_DYNAMIC_DISPATCH(adam_row)(step, g, w, m, v, n);
}

void logistic(const float* x, std::int64_t n, float* softplus, float* sigmoid) {
  HWY_DYNAMIC_DISPATCH(logistic_row)(x, n, softplus, sigmoid);
}

void pass_where_positive(const float* h, float factor, const float* x, float* out, std::int64_t n) {
  HWY_DYNAMIC_DISPATCH(pass_row)(h, factor, x, out, n);
}

void drop_units(const std::uint32_t* bits, std::uint32_t below, float scale, float* x, std::int64_t n) {
  HWY_DYNAMIC_DISPATCH(drop_row)(bits, below, scale, x, n);
}

}  // namespace embrace
#endif  // HWY_ONCE
