// Loops over rows of floats for files that Highway compiles once a target; include it inside such a file, after
// hwy/highway.h. Rows may have any length and alignment. Additions have one order for each target.
#if defined(EMBRACE_HOST_CPU_VECTORS_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef EMBRACE_HOST_CPU_VECTORS_INL
#undef EMBRACE_HOST_CPU_VECTORS_INL
#else
#define EMBRACE_HOST_CPU_VECTORS_INL
#endif

#include <hwy/highway.h>

#include <cstdint>

HWY_BEFORE_NAMESPACE();
namespace embrace {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using Tag = hn::CappedTag<float, 16>;
using Vector = hn::Vec<Tag>;
inline constexpr std::int64_t lanes = static_cast<std::int64_t>(hn::MaxLanes(Tag()));

/// <a, b>
HWY_INLINE float dot(const float* HWY_RESTRICT a, const float* HWY_RESTRICT b, std::int64_t n) {
  const Tag d;
  Vector first = hn::Zero(d);
  Vector second = hn::Zero(d);
  std::int64_t k = 0;
  for (; k + 2 * lanes <= n; k += 2 * lanes) {
    first = hn::MulAdd(hn::LoadU(d, a + k), hn::LoadU(d, b + k), first);
    second = hn::MulAdd(hn::LoadU(d, a + k + lanes), hn::LoadU(d, b + k + lanes), second);
  }
  if (k + lanes <= n) {
    first = hn::MulAdd(hn::LoadU(d, a + k), hn::LoadU(d, b + k), first);
    k += lanes;
  }
  float sum = hn::GetLane(hn::SumOfLanes(d, hn::Add(first, second)));
  for (; k < n; ++k) sum += a[k] * b[k];
  return sum;
}

/// y += factor · x
HWY_INLINE void add_scaled(float factor, const float* HWY_RESTRICT x, float* HWY_RESTRICT y, std::int64_t n) {
  const Tag d;
  const Vector f = hn::Set(d, factor);
  std::int64_t k = 0;
  for (; k + lanes <= n; k += lanes) hn::StoreU(hn::MulAdd(f, hn::LoadU(d, x + k), hn::LoadU(d, y + k)), d, y + k);
  for (; k < n; ++k) y[k] += factor * x[k];
}

}  // namespace HWY_NAMESPACE
}  // namespace embrace
HWY_AFTER_NAMESPACE();

#endif
