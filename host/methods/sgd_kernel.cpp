#include "host/methods/sgd_kernel.hpp"
#include "host/span.hpp"

#include <algorithm>
#include <cstddef>

// Vectors whose length is known only at run time cannot be held in arrays of accumulators.
#define HWY_DISABLED_TARGETS (HWY_SVE | HWY_SVE2 | HWY_SVE_256 | HWY_SVE2_128 | HWY_RVV)
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "host/methods/sgd_kernel.cpp"
#include <hwy/cache_control.h>
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace embrace {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using Tag = hn::CappedTag<float, 16>;
using Vector = hn::Vec<Tag>;
inline constexpr int lanes = static_cast<int>(hn::MaxLanes(Tag()));
inline constexpr std::int64_t lane_count = lanes;
inline constexpr int vectors = 16 / lanes;
inline constexpr std::int32_t rows_ahead = 4;  // items' rows that are fetched before they are needed

HWY_INLINE float total(const Vector (&sum)[4]) {
  return hn::GetLane(hn::SumOfLanes(Tag(), hn::Add(hn::Add(sum[0], sum[1]), hn::Add(sum[2], sum[3]))));
}

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
  return total(sum);
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

/// The scalars of a user for a run of ratings.
struct UserScalars {
  float bias, keep_p, keep_bias;
  double squares = 0;

  HWY_INLINE UserScalars(const SgdState& state, std::int32_t user)
      : bias(state.user_bias[user]),
        keep_p(1.0F - state.rate * state.user_decay[user]),
        keep_bias(1.0F - state.rate * state.user_bias_decay[user]) {}

  /// Moves both biases; returns the rate times the error. `product`: p · q.
  HWY_INLINE float step(const SgdState& state, std::int32_t item, float value, float product) {
    const float error = value - bias - state.item_bias[item] - product;
    squares += static_cast<double>(error) * static_cast<double>(error);
    const float step = state.rate * error;
    bias = keep_bias * bias + step;
    state.item_bias[item] = (1.0F - state.rate * state.item_bias_decay[item]) * state.item_bias[item] + step;
    return step;
  }
};

HWY_INLINE float keep_of(const SgdState& state, std::int32_t item) {
  return 1.0F - state.rate * state.item_decay[item];
}

HWY_INLINE void fetch(const float* row, std::int64_t width) {
  for (std::int64_t k = 0; k < width; k += 16) hwy::Prefetch(row + k);
}

/// One user's run, vectors in memory.
HWY_INLINE double descend_in_memory(const SgdState& state, const UserRun& run, std::int64_t width) {
  float* p = state.user_factors + run.user * width;
  UserScalars user(state, run.user);
  const std::int32_t* items = state.items + run.first;
  for (std::int32_t n = 0; n < run.count; ++n) {
    if (n + rows_ahead < run.count) fetch(state.item_factors + items[n + rows_ahead] * width, width);
    float* q = state.item_factors + items[n] * width;
    const float step = user.step(state, items[n], state.values[run.first + n], dot(p, q, width));
    update_vectors(p, q, width, step, user.keep_p, keep_of(state, items[n]));
  }
  state.user_bias[run.user] = user.bias;
  return user.squares;
}

template <std::size_t parts>
struct Row {
  Vector part[parts];

  HWY_INLINE void load(const float* from) {
    for (std::size_t v = 0; v < parts; ++v) part[v] = hn::Load(Tag(), from + v * lane_count);
  }
  HWY_INLINE void store(float* to) const {
    for (std::size_t v = 0; v < parts; ++v) hn::Store(part[v], Tag(), to + v * lane_count);
  }
  HWY_INLINE float dot(const Row& other) const {
    Vector sum[4];
    for (int v = 0; v < 4; ++v) sum[v] = hn::Zero(Tag());
    for (std::size_t v = 0; v < parts; ++v) sum[v % 4] = hn::MulAdd(part[v], other.part[v], sum[v % 4]);
    return total(sum);
  }
};

/// The same with the user's vector p and an item's q in registers. The next product would wait for the whole update
/// that comes before it; since that makes keep p + step q of p, its parts p · q' and q · q' with the next item's q' are
/// there before the step is.
template <std::size_t parts>
HWY_INLINE double descend_in_registers(const SgdState& state, const UserRun& run) {
  const Tag d;
  constexpr std::int64_t width = static_cast<std::int64_t>(parts) * lanes;
  const std::int32_t* items = state.items + run.first;
  const auto row_of = [&](std::int32_t n) { return state.item_factors + items[n] * width; };
  UserScalars user(state, run.user);
  Row<parts> p, q;
  p.load(state.user_factors + run.user * width);
  q.load(row_of(0));
  float product = p.dot(q);
  for (std::int32_t n = 0; n < run.count; ++n) {
    const std::int32_t next = n + 1 < run.count ? n + 1 : n;
    if (n + rows_ahead < run.count) fetch(row_of(n + rows_ahead), width);
    Row<parts> next_q;
    next_q.load(row_of(next));
    const float next_of_p = p.dot(next_q), next_of_q = q.dot(next_q);
    const float step = user.step(state, items[n], state.values[run.first + n], product);
    product = user.keep_p * next_of_p + step * next_of_q;
    const Vector s = hn::Set(d, step), keep_p = hn::Set(d, user.keep_p), keep_q = hn::Set(d, keep_of(state, items[n]));
    for (std::size_t v = 0; v < parts; ++v) {
      const Vector old_p = p.part[v];
      p.part[v] = hn::MulAdd(s, q.part[v], hn::Mul(keep_p, old_p));
      q.part[v] = hn::MulAdd(s, old_p, hn::Mul(keep_q, q.part[v]));
    }
    q.store(row_of(n));
    if (items[next] == items[n]) {  // rated twice: its row is another now
      product = p.dot(q);
    } else {
      q = next_q;
    }
  }
  p.store(state.user_factors + run.user * width);
  state.user_bias[run.user] = user.bias;
  return user.squares;
}

/// `fixed` > 0: the width, known to the compiler, which then unrolls the loops.
template <int fixed>
double descend_runs(const SgdState& state, Span<const UserRun> runs) {
  // Three vectors must fit into the registers: 32 where vectors have 16 lanes, else 16.
  constexpr int parts = fixed / lanes;
  const std::int64_t width = fixed > 0 ? fixed : state.width;
  double squares = 0;
  for (std::int64_t r = 0; r < runs.size(); ++r) {
    const UserRun& run = runs[r];
    if (r + 4 < runs.size()) {  // runs are in random order: their ratings, too, are waited for
      hwy::Prefetch(state.items + runs[r + 4].first);
      hwy::Prefetch(state.values + runs[r + 4].first);
    }
    if (r + 2 < runs.size()) fetch(state.user_factors + runs[r + 2].user * width, width);
    if (r + 1 < runs.size()) {
      const UserRun& next = runs[r + 1];
      for (std::int32_t n = 0; n < std::min(next.count, rows_ahead); ++n) {
        fetch(state.item_factors + state.items[next.first + n] * width, width);
      }
    }
    if constexpr (parts > 0 && 3 * parts <= (lanes == 16 ? 24 : 12)) {
      squares += descend_in_registers<parts>(state, run);
    } else {
      squares += descend_in_memory(state, run, width);
    }
  }
  return squares;
}

double descend_block(const SgdState& state, Span<const UserRun> runs) {
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
}  // namespace embrace
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace embrace {
HWY_EXPORT(descend_block);

double descend(const SgdState& state, Span<const UserRun> runs) {
  return HWY_DYNAMIC_DISPATCH(descend_block)(state, runs);
}

}  // namespace embrace
#endif  // HWY_ONCE
