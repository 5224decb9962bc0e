#include "host/methods/bayes_kernel.hpp"

#include <cmath>

// Vectors whose length is known only at run time cannot be held in arrays of accumulators.
#define HWY_DISABLED_TARGETS (HWY_SVE | HWY_SVE2 | HWY_SVE_256 | HWY_SVE2_128 | HWY_RVV)
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "host/methods/bayes_kernel.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace embrace::cpu {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using Tag = hn::CappedTag<float, rating_group>;
using Vector = hn::Vec<Tag>;
inline constexpr std::int64_t lanes = static_cast<std::int64_t>(hn::MaxLanes(Tag()));

HWY_INLINE Vector gather(const float* HWY_RESTRICT from, const std::int32_t* HWY_RESTRICT index) {
  const Tag d;
  return hn::GatherIndex(d, from, hn::LoadU(hn::RebindToSigned<Tag>(), index));
}

template <bool two>
HWY_INLINE Vector others_at(const Others& others, const RowRatings& ratings, std::int64_t place) {
  Vector c = gather(others.first, ratings.first + place);
  if constexpr (two) c = hn::Add(c, gather(others.second, ratings.second + place));
  return c;
}

/// residual -= move · c, then c of the next dimension, Σ c² and Σ c · residual.
template <bool two>
HWY_INLINE void step(const RowRatings& ratings, std::int64_t row, float move, const Others& next, RowState& state) {
  const Tag d;
  const Vector m = hn::Set(d, -move);
  Vector squares = hn::Zero(d), target = hn::Zero(d);
  for (std::int64_t e = ratings.offsets[row]; e < ratings.offsets[row + 1]; e += lanes) {
    Vector residual = hn::LoadU(d, ratings.residual + e);
    if (move != 0.0F) {
      residual = hn::MulAdd(m, hn::LoadU(d, ratings.others + e), residual);
      hn::StoreU(residual, d, ratings.residual + e);
    }
    const Vector c = others_at<two>(next, ratings, e);
    hn::StoreU(c, d, ratings.others + e);
    squares = hn::MulAdd(c, c, squares);
    target = hn::MulAdd(c, residual, target);
  }
  state = {hn::GetLane(hn::SumOfLanes(d, squares)), hn::GetLane(hn::SumOfLanes(d, target)), 0.0F};
}

/// residual -= move · c
HWY_INLINE void finish_row(const RowRatings& ratings, std::int64_t row, float move) {
  const Tag d;
  const Vector m = hn::Set(d, -move);
  for (std::int64_t e = ratings.offsets[row]; e < ratings.offsets[row + 1]; e += lanes) {
    const Vector residual = hn::LoadU(d, ratings.residual + e);
    hn::StoreU(hn::MulAdd(m, hn::LoadU(d, ratings.others + e), residual), d, ratings.residual + e);
  }
}

HWY_INLINE void draw_own(const Dimension& dimension, std::int32_t row, RowState& state) {
  const Draw& draw = dimension.draw;
  const float old = dimension.own[row];
  const float precision = draw.precision + draw.ratings * state.squares;
  const float mean = (draw.precision * draw.mean + draw.ratings * (state.target + state.squares * old)) / precision;
  const float drawn = mean + draw.noise[row] / std::sqrt(precision);
  dimension.own[row] = drawn;
  state.move = drawn - old;
  state.target -= state.squares * state.move;
}

template <bool two>
void sample_rows_of(const RowRatings& ratings, Span<const std::int32_t> rows, float* previous,
                    Span<const Dimension> dimensions, bool finish, RowState* state) {
  for (const std::int32_t row : rows) {
    if (ratings.offsets[row] == ratings.offsets[row + 1]) continue;
    RowState& s = state[row];
    float* moved = previous;  // the values that s.move belongs to
    for (const Dimension& dimension : dimensions) {
      if (moved != nullptr) moved[row] += s.move;
      step<two>(ratings, row, moved == nullptr ? 0.0F : s.move, dimension.others, s);
      if (dimension.own != nullptr) draw_own(dimension, row, s);
      moved = dimension.value;
    }
    if (!finish) continue;
    moved[row] += s.move;
    finish_row(ratings, row, s.move);
  }
}

void sample_rows_here(const RowRatings& ratings, Span<const std::int32_t> rows, float* previous,
                      Span<const Dimension> dimensions, bool finish, RowState* state) {
  if (ratings.second == nullptr) {
    sample_rows_of<false>(ratings, rows, previous, dimensions, finish, state);
  } else {
    sample_rows_of<true>(ratings, rows, previous, dimensions, finish, state);
  }
}

void add_sums_here(const float* HWY_RESTRICT x, std::int64_t n, double* sums) {
  // 64 floats are summed as floats, these sums as doubles.
  const Tag d;
  std::int64_t e = 0;
  for (; e + 64 <= n; e += 64) {
    Vector sum = hn::Zero(d), squares = hn::Zero(d);
    for (std::int64_t k = e; k < e + 64; k += lanes) {
      const Vector v = hn::LoadU(d, x + k);
      sum = hn::Add(sum, v);
      squares = hn::MulAdd(v, v, squares);
    }
    sums[0] += static_cast<double>(hn::GetLane(hn::SumOfLanes(d, sum)));
    sums[1] += static_cast<double>(hn::GetLane(hn::SumOfLanes(d, squares)));
  }
  for (; e < n; ++e) {
    sums[0] += static_cast<double>(x[e]);
    sums[1] += static_cast<double>(x[e]) * static_cast<double>(x[e]);
  }
}

void add_products_here(const PairValues& values, const std::int32_t* ia, const std::int32_t* ib, const std::int32_t* ic,
                       std::int64_t n, float* HWY_RESTRICT out) {
  const Tag d;
  std::int64_t p = 0;
  for (; p + lanes <= n; p += lanes) {
    const Vector a = gather(values.a, ia + p), b = gather(values.b, ib + p);
    Vector sum = hn::MulAdd(a, b, hn::LoadU(d, out + p));
    if (values.c != nullptr) sum = hn::MulAdd(gather(values.c, ic + p), hn::Add(a, b), sum);
    hn::StoreU(sum, d, out + p);
  }
  for (; p < n; ++p) {
    const float a = values.a[ia[p]], b = values.b[ib[p]];
    out[p] += a * b + (values.c == nullptr ? 0.0F : values.c[ic[p]] * (a + b));
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace embrace::cpu
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace embrace::cpu {
HWY_EXPORT(sample_rows_here);
HWY_EXPORT(add_sums_here);
HWY_EXPORT(add_products_here);

void sample_rows(const RowRatings& ratings, Span<const std::int32_t> rows, float* previous,
                 Span<const Dimension> dimensions, bool finish, RowState* state) {
  HWY_DYNAMIC_DISPATCH(sample_rows_here)(ratings, rows, previous, dimensions, finish, state);
}

void add_sums(const float* x, std::int64_t n, double* sums) { HWY_DYNAMIC_DISPATCH(add_sums_here)(x, n, sums); }

void add_products(const PairValues& values, const std::int32_t* ia, const std::int32_t* ib, const std::int32_t* ic,
                  std::int64_t n, float* out) {
  HWY_DYNAMIC_DISPATCH(add_products_here)(values, ia, ib, ic, n, out);
}

}  // namespace embrace::cpu
#endif  // HWY_ONCE
