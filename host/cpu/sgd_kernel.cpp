#include "host/cpu/sgd_kernel.hpp"

#include <algorithm>

// Vectors whose length is known only at run time cannot be held in arrays of accumulators.
#define HWY_DISABLED_TARGETS (HWY_SVE | HWY_SVE2 | HWY_SVE_256 | HWY_SVE2_128 | HWY_RVV)
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "host/cpu/sgd_kernel.cpp"
#include <hwy/cache_control.h>
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace embrace::cpu {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using Tag = hn::CappedTag<float, 16>;
using Vector = hn::Vec<Tag>;
inline constexpr int lanes = static_cast<int>(hn::MaxLanes(Tag()));
inline constexpr int vectors = 16 / lanes;

HWY_INLINE float dot(const float* HWY_RESTRICT a, const float* HWY_RESTRICT b, std::int64_t width) {
  const Tag d;
  Vector sum[4];
  for (int v = 0; v < 4; ++v) sum[v] = hn::Zero(d);
  for (std::int64_t k = 0; k < width; k += 16) {
    for (int v = 0; v < vectors; ++v) {
      // Two pairs of sums in turn when 16 floats are two vectors, so that the additions overlap.
      const int s = (static_cast<int>(k / 16) * vectors + v) % 4;
      sum[s] = hn::MulAdd(hn::Load(d, a + k + v * lanes), hn::Load(d, b + k + v * lanes), sum[s]);
    }
  }
  return hn::GetLane(hn::SumOfLanes(d, hn::Add(hn::Add(sum[0], sum[1]), hn::Add(sum[2], sum[3]))));
}

/// p and q move together, both by the values before the update.
HWY_INLINE void update_vectors(float* HWY_RESTRICT p, float* HWY_RESTRICT q, std::int64_t width, float step,
                               float keep_p, float keep_q) {
  const Tag d;
  const Vector s = hn::Set(d, step);
  const Vector kp = hn::Set(d, keep_p);
  const Vector kq = hn::Set(d, keep_q);
  for (std::int64_t k = 0; k < width; k += lanes) {
    const Vector old_p = hn::Load(d, p + k);
    const Vector old_q = hn::Load(d, q + k);
    hn::Store(hn::MulAdd(s, old_q, hn::Mul(kp, old_p)), d, p + k);
    hn::Store(hn::MulAdd(s, old_p, hn::Mul(kq, old_q)), d, q + k);
  }
}

/// `fixed` > 0: the width, known to the compiler, which then unrolls the loops.
template <int fixed>
HWY_INLINE double descend_runs(const SgdState& state, std::span<const UserRun> runs) {
  const std::int64_t width = fixed > 0 ? fixed : state.width;
  double squares = 0;
  for (const UserRun& run : runs) {
    float* HWY_RESTRICT p = state.user_factors + run.user * width;
    float bias = state.user_bias[run.user];
    const float keep_p = 1.0F - state.rate * state.user_decay[run.user];
    const float keep_bias = 1.0F - state.rate * state.user_bias_decay[run.user];
    const std::int32_t* items = state.items + run.first;
    const float* values = state.values + run.first;
    for (std::int32_t n = 0; n < run.count; ++n) {
      const std::int32_t item = items[n];
      if (n + 1 < run.count) {
        const float* next = state.item_factors + items[n + 1] * width;
        for (std::int64_t k = 0; k < width; k += 16) hwy::Prefetch(next + k);
      }
      float* HWY_RESTRICT q = state.item_factors + item * width;
      const float error = values[n] - bias - state.item_bias[item] - dot(p, q, width);
      squares += static_cast<double>(error) * static_cast<double>(error);
      const float step = state.rate * error;
      bias = keep_bias * bias + step;
      state.item_bias[item] = (1.0F - state.rate * state.item_bias_decay[item]) * state.item_bias[item] + step;
      update_vectors(p, q, width, step, keep_p, 1.0F - state.rate * state.item_decay[item]);
    }
    state.user_bias[run.user] = bias;
  }
  return squares;
}

double descend_block(const SgdState& state, std::span<const UserRun> runs) {
  switch (state.width) {
    case 16:
      return descend_runs<16>(state, runs);
    case 32:
      return descend_runs<32>(state, runs);
    case 64:
      return descend_runs<64>(state, runs);
    case 128:
      return descend_runs<128>(state, runs);
    default:
      return descend_runs<0>(state, runs);
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace embrace::cpu
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace embrace::cpu {
HWY_EXPORT(descend_block);

double descend(const SgdState& state, std::span<const UserRun> runs) {
  return HWY_DYNAMIC_DISPATCH(descend_block)(state, runs);
}

}  // namespace embrace::cpu
#endif  // HWY_ONCE
