#include "host/math/conjugate_gradients.hpp"

#include <algorithm>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "host/math/conjugate_gradients.cpp"
#include <hwy/cache_control.h>
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "host/math/vectors-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace embrace {
namespace HWY_NAMESPACE {

/// out += Σ_q <rows[q], x> rows[q] over four rows, whose sums overlap; with `sum` set, sum += Σ_q rows[q].
HWY_INLINE void add_four(const float* const* rows, const float* HWY_RESTRICT x, std::int64_t width,
                         float* HWY_RESTRICT out, float* HWY_RESTRICT sum) {
  const Tag d;
  Vector t0 = hn::Zero(d), t1 = t0, t2 = t0, t3 = t0;
  for (std::int64_t k = 0; k < width; k += lanes) {
    const Vector v = hn::Load(d, x + k);
    t0 = hn::MulAdd(v, hn::Load(d, rows[0] + k), t0);
    t1 = hn::MulAdd(v, hn::Load(d, rows[1] + k), t1);
    t2 = hn::MulAdd(v, hn::Load(d, rows[2] + k), t2);
    t3 = hn::MulAdd(v, hn::Load(d, rows[3] + k), t3);
  }
  t0 = hn::SumOfLanes(d, t0);
  t1 = hn::SumOfLanes(d, t1);
  t2 = hn::SumOfLanes(d, t2);
  t3 = hn::SumOfLanes(d, t3);
  for (std::int64_t k = 0; k < width; k += lanes) {
    const Vector y0 = hn::Load(d, rows[0] + k), y1 = hn::Load(d, rows[1] + k);
    const Vector y2 = hn::Load(d, rows[2] + k), y3 = hn::Load(d, rows[3] + k);
    const Vector first = hn::MulAdd(t1, y1, hn::MulAdd(t0, y0, hn::Load(d, out + k)));
    const Vector second = hn::MulAdd(t3, y3, hn::Mul(t2, y2));
    hn::Store(hn::Add(first, second), d, out + k);
    if (sum != nullptr) {
      hn::Store(hn::Add(hn::Load(d, sum + k), hn::Add(hn::Add(y0, y1), hn::Add(y2, y3))), d, sum + k);
    }
  }
}

/// out = A x; with `sum` set, sum = Σ_e y_e.
void apply(const RowSystem& system, const float* x, float* out, float* sum) {
  const std::int64_t width = system.y.columns;
  std::fill(out, out + width, 0.0F);
  if (sum != nullptr) std::fill(sum, sum + width, 0.0F);
  for (std::int64_t k = 0; k < width; k += 4) {
    const Tag d;
    const float* g = system.gram.row(k);
    const Vector x0 = hn::Set(d, x[k]), x1 = hn::Set(d, x[k + 1]), x2 = hn::Set(d, x[k + 2]), x3 = hn::Set(d, x[k + 3]);
    for (std::int64_t l = 0; l < width; l += lanes) {
      const Vector first =
          hn::MulAdd(x1, hn::Load(d, g + width + l), hn::MulAdd(x0, hn::Load(d, g + l), hn::Load(d, out + l)));
      const Vector second = hn::MulAdd(x3, hn::Load(d, g + 3 * width + l), hn::Mul(x2, hn::Load(d, g + 2 * width + l)));
      hn::Store(hn::Add(first, second), d, out + l);
    }
  }
  add_scaled(system.regularization, x, out, width);
  const auto count = system.indices.size();
  const std::int32_t* indices = system.indices.data();
  std::int64_t e = 0;
  for (; e + 4 <= count; e += 4) {
    for (std::int64_t ahead = e + 8; sum != nullptr && ahead < std::min(count, e + 12); ++ahead) {
      for (std::int64_t k = 0; k < width; k += 16) hwy::Prefetch(system.y.row(indices[ahead]) + k);
    }
    const float* rows[4] = {system.y.row(indices[e]), system.y.row(indices[e + 1]), system.y.row(indices[e + 2]),
                            system.y.row(indices[e + 3])};
    add_four(rows, x, width, out, sum);
  }
  for (; e < count; ++e) {
    const float* row = system.y.row(indices[e]);
    add_scaled(dot(row, x, width), row, out, width);
    if (sum != nullptr) add_scaled(1.0F, row, sum, width);
  }
}

double solve_row(const RowSystem& system, std::int64_t steps, float* p, float* target, float* residual,
                 float* direction, float* product) {
  const std::int64_t width = system.y.columns;
  apply(system, p, product, target);
  for (std::int64_t k = 0; k < width; ++k) residual[k] = target[k] - product[k];
  std::copy_n(residual, width, direction);
  float squares = dot(residual, residual, width);
  // A residual at the rounding of the right-hand side has no direction left in it.
  const float smallest = 1e-14F * dot(target, target, width);
  // A NaN goes on, so that divergence stays visible.
  for (std::int64_t step = 0; step < steps && !(squares <= smallest); ++step) {
    apply(system, direction, product, nullptr);
    const float length = squares / dot(direction, product, width);
    add_scaled(length, direction, p, width);
    add_scaled(-length, product, residual, width);
    const float before = squares;
    squares = dot(residual, residual, width);
    for (std::int64_t k = 0; k < width; ++k) direction[k] = residual[k] + squares / before * direction[k];
  }
  // p'A p = b'p - r'p
  return static_cast<double>(system.indices.size()) - static_cast<double>(dot(target, p, width)) -
         static_cast<double>(dot(residual, p, width));
}

}  // namespace HWY_NAMESPACE
}  // namespace embrace
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace embrace {
HWY_EXPORT(solve_row);

double ConjugateGradient::solve(const RowSystem& system, std::int64_t steps, float* p) {
  return HWY_DYNAMIC_DISPATCH(solve_row)(system, steps, p, vectors_.row(0), vectors_.row(1), vectors_.row(2),
                                         vectors_.row(3));
}

}  // namespace embrace
#endif  // HWY_ONCE
