#include "host/math/normal_equations.hpp"
#include "host/span.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>

// Vectors whose length is known only at run time cannot be held in arrays of accumulators.
#define HWY_DISABLED_TARGETS (HWY_SVE | HWY_SVE2 | HWY_SVE_256 | HWY_SVE2_128 | HWY_RVV)
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "host/math/normal_equations.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace embrace {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using Tag = hn::CappedTag<float, 16>;
using Vector = hn::Vec<Tag>;
inline constexpr int lanes = static_cast<int>(hn::MaxLanes(Tag()));
inline constexpr int vectors = 16 / lanes;              // a panel's row
inline constexpr int tile_rows = vectors == 4 ? 2 : 4;  // 8 accumulators, or 4 of 16 lanes

/// C ±= L' R for tile_rows columns of L and the 16 of R, over `count` rows of both; all with row stride 16.
template <bool subtract>
HWY_INLINE void update_tile(const float* HWY_RESTRICT left, const float* HWY_RESTRICT right, std::int64_t count,
                            float* HWY_RESTRICT c) {
  const Tag d;
  Vector sum[tile_rows][vectors];
  for (int r = 0; r < tile_rows; ++r) {
    for (int v = 0; v < vectors; ++v) sum[r][v] = hn::Load(d, c + r * 16 + v * lanes);
  }
  for (std::int64_t p = 0; p < count; ++p) {
    Vector b[vectors];
    for (int v = 0; v < vectors; ++v) b[v] = hn::Load(d, right + p * 16 + v * lanes);
    for (int r = 0; r < tile_rows; ++r) {
      const Vector a = hn::Set(d, left[p * 16 + r]);
      for (int v = 0; v < vectors; ++v) {
        sum[r][v] = subtract ? hn::NegMulAdd(a, b[v], sum[r][v]) : hn::MulAdd(a, b[v], sum[r][v]);
      }
    }
  }
  for (int r = 0; r < tile_rows; ++r) {
    for (int v = 0; v < vectors; ++v) hn::Store(sum[r][v], d, c + r * 16 + v * lanes);
  }
}

/// y[0, 16) += factor · x[0, 16)
HWY_INLINE void add_scaled(float factor, const float* HWY_RESTRICT x, float* HWY_RESTRICT y) {
  const Tag d;
  const Vector f = hn::Set(d, factor);
  for (int v = 0; v < vectors; ++v) {
    hn::Store(hn::MulAdd(f, hn::Load(d, x + v * lanes), hn::Load(d, y + v * lanes)), d, y + v * lanes);
  }
}

HWY_INLINE void scale_row(float factor, float* x) {
  const Tag d;
  for (int v = 0; v < vectors; ++v) {
    hn::Store(hn::Mul(hn::Set(d, factor), hn::Load(d, x + v * lanes)), d, x + v * lanes);
  }
}

/// y[0, 16) += Σ_p weight[p] · x[p][0, 16); weight null: 1.
HWY_INLINE void add_weighted_rows(const float* HWY_RESTRICT weight, const float* HWY_RESTRICT x, std::int64_t count,
                                  float* HWY_RESTRICT y) {
  const Tag d;
  Vector sum[vectors];
  for (int v = 0; v < vectors; ++v) sum[v] = hn::Load(d, y + v * lanes);
  for (std::int64_t p = 0; p < count; ++p) {
    const Vector w = hn::Set(d, weight == nullptr ? 1.0F : weight[p]);
    for (int v = 0; v < vectors; ++v) sum[v] = hn::MulAdd(w, hn::Load(d, x + p * 16 + v * lanes), sum[v]);
  }
  for (int v = 0; v < vectors; ++v) hn::Store(sum[v], d, y + v * lanes);
}

/// Adds a block of `count` ratings, whose panels are `capacity` rows apart.
void accumulate(const float* block, std::int64_t capacity, std::int64_t count, std::int64_t width, const float* targets,
                float* matrix, float* sum, float* target) {
  for (std::int64_t j = 0; j < width; j += 16) {
    const float* right = block + j * capacity;
    for (std::int64_t i = 0; i < j + 16; i += tile_rows) {
      const float* left = block + (i / 16 * 16) * capacity + i % 16;
      update_tile<false>(left, right, count, matrix + j * width + i * 16);
    }
    add_weighted_rows(nullptr, right, count, sum + j);
    if (targets != nullptr) add_weighted_rows(targets, right, count, target + j);
  }
}

/// Rows [i, i + 16) of a panel: solves with the transposed diagonal block of these rows.
HWY_INLINE void eliminate(const float* HWY_RESTRICT diagonal, const float* HWY_RESTRICT inverse,
                          float* HWY_RESTRICT rows) {
  for (int i = 0; i < 16; ++i) {
    scale_row(inverse[i], rows + i * 16);
    for (int l = i + 1; l < 16; ++l) add_scaled(-diagonal[i * 16 + l], rows + i * 16, rows + l * 16);
  }
}

HWY_INLINE void factorize_diagonal(const float* HWY_RESTRICT smallest, float* HWY_RESTRICT rows,
                                   float* HWY_RESTRICT inverse) {
  for (int i = 0; i < 16; ++i) {
    const float pivot = rows[i * 16 + i];
    // A NaN pivot passes on, so that divergence stays visible.
    inverse[i] = pivot <= smallest[i] ? 0.0F : 1.0F / std::sqrt(pivot);
    scale_row(inverse[i], rows + i * 16);
    for (int l = i + 1; l < 16; ++l) add_scaled(-rows[i * 16 + l], rows + i * 16, rows + l * 16);
  }
}

/// y[0, width) = Σ_p weight[p] · row(p)
void combine(ConstMatrixView y, Span<const std::int32_t> indices, const float* weights, float* out) {
  const Tag d;
  for (std::int64_t j = 0; j < y.columns; j += 16) {
    Vector sum[vectors];
    for (int v = 0; v < vectors; ++v) sum[v] = hn::Zero(d);
    for (std::int64_t p = 0; p < indices.size(); ++p) {
      const float* row = y.row(indices[p]) + j;
      for (int v = 0; v < vectors; ++v)
        sum[v] = hn::MulAdd(hn::Set(d, weights[p]), hn::Load(d, row + v * lanes), sum[v]);
    }
    for (int v = 0; v < vectors; ++v) hn::Store(sum[v], d, out + j + v * lanes);
  }
}

/// Left-looking Cholesky by block rows of 16. `inverse` holds the smallest pivots that count on entry, 1 / U_ii on
/// exit.
void factorize_panels(std::int64_t width, float* matrix, float* inverse) {
  for (std::int64_t i = 0; i < width; i += 16) {
    float* own = matrix + i * width;
    for (std::int64_t j = i; j < width; j += 16) {
      float* panel = matrix + j * width;
      for (int r = 0; r < 16; r += tile_rows) update_tile<true>(own + r, panel, i, panel + (i + r) * 16);
    }
    float smallest[16];
    std::copy_n(inverse + i, 16, smallest);
    factorize_diagonal(smallest, own + i * 16, inverse + i);
    for (std::int64_t j = i + 16; j < width; j += 16) {
      eliminate(own + i * 16, inverse + i, matrix + j * width + i * 16);
    }
  }
}

/// U'U x = b in place.
void solve_panels(std::int64_t width, const float* matrix, const float* inverse, float* x) {
  const Tag d;
  for (std::int64_t j = 0; j < width; j += 16) {  // U' y = b, panel by panel
    const float* panel = matrix + j * width;
    Vector sum[vectors];
    for (int v = 0; v < vectors; ++v) sum[v] = hn::Load(d, x + j + v * lanes);
    for (std::int64_t p = 0; p < j; ++p) {
      const Vector y = hn::Set(d, x[p]);
      for (int v = 0; v < vectors; ++v) sum[v] = hn::NegMulAdd(y, hn::Load(d, panel + p * 16 + v * lanes), sum[v]);
    }
    for (int v = 0; v < vectors; ++v) hn::Store(sum[v], d, x + j + v * lanes);
    for (std::int64_t i = 0; i < 16; ++i) {
      x[j + i] *= inverse[j + i];
      for (std::int64_t l = i + 1; l < 16; ++l) x[j + l] -= panel[(j + i) * 16 + l] * x[j + i];
    }
  }
  for (std::int64_t j = width - 16; j >= 0; j -= 16) {  // U x = y, from the last panel
    const float* panel = matrix + j * width;
    for (std::int64_t i = 15; i >= 0; --i) {
      float value = x[j + i];
      for (std::int64_t l = i + 1; l < 16; ++l) value -= panel[(j + i) * 16 + l] * x[j + l];
      x[j + i] = value * inverse[j + i];
    }
    Vector solved[vectors];
    for (int v = 0; v < vectors; ++v) solved[v] = hn::Load(d, x + j + v * lanes);
    for (std::int64_t p = 0; p < j; ++p) {
      Vector sum = hn::Mul(solved[0], hn::Load(d, panel + p * 16));
      for (int v = 1; v < vectors; ++v) sum = hn::MulAdd(solved[v], hn::Load(d, panel + p * 16 + v * lanes), sum);
      x[p] -= hn::GetLane(hn::SumOfLanes(d, sum));
    }
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace embrace
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace embrace {
HWY_EXPORT(accumulate);
HWY_EXPORT(combine);
HWY_EXPORT(factorize_panels);
HWY_EXPORT(solve_panels);

namespace {

constexpr std::int64_t block_floats = 4096;  // 16 KiB: half a first-level cache

}  // namespace

NormalEquations::NormalEquations(std::int64_t most)
    : matrix_(padded_width(most) * padded_width(most)),
      block_(std::max(block_floats, panel_width * padded_width(most))),
      sum_(padded_width(most)),
      target_(sum_.size()),
      inverse_(sum_.size()) {
  resize(most);
}

void NormalEquations::resize(std::int64_t unknowns) {
  unknowns_ = unknowns;
  width_ = padded_width(unknowns);
  capacity_ = std::max<std::int64_t>(16, block_floats / std::max(panel_width, width_));
}

void NormalEquations::clear(std::int64_t unknowns) {
  resize(unknowns);
  std::fill_n(matrix_.begin(), width_ * width_, 0.0F);
  std::fill_n(sum_.begin(), width_, 0.0F);
  std::fill_n(target_.begin(), width_, 0.0F);
}

void NormalEquations::start_from(const NormalEquations& other, float scale) {
  clear(other.unknowns_);
  std::transform(other.matrix_.begin(), other.matrix_.begin() + width_ * width_, matrix_.begin(),
                 [=](float a) { return scale * a; });
}

void NormalEquations::start_from(ConstMatrixView symmetric) {
  clear(symmetric.columns);
  for (std::int64_t column = 0; column < unknowns_; column += 16) {
    for (std::int64_t i = 0; i < std::min(unknowns_, column + 16); ++i) {
      std::copy_n(symmetric.row(i) + column, std::min<std::int64_t>(16, unknowns_ - column),
                  matrix_.data() + column * width_ + i * 16);
    }
  }
}

void NormalEquations::add_block(std::int64_t count, const float* targets) {
  HWY_DYNAMIC_DISPATCH(accumulate)
  (block_.data(), capacity_, count, width_, targets, matrix_.data(), sum_.data(), target_.data());
}

void NormalEquations::add(ConstMatrixView y, Span<const std::int32_t> indices, const float* targets) {
  const auto size = indices.size();
  for (std::int64_t begin = 0; begin < size; begin += capacity_) {
    const std::int64_t count = std::min(capacity_, size - begin);
    for (std::int64_t p = 0; p < count; ++p) {
      const float* row = y.row(indices[begin + p]);
      for (std::int64_t j = 0; j < width_; j += 16) std::copy_n(row + j, 16, block_.data() + j * capacity_ + p * 16);
    }
    add_block(count, targets == nullptr ? nullptr : targets + begin);
  }
}

void NormalEquations::add_products(ConstMatrixView y, Span<const std::int32_t> indices) {
  for (std::int64_t begin = 0; begin < y.columns; begin += capacity_) {
    const std::int64_t count = std::min(capacity_, y.columns - begin);
    for (std::int64_t e = 0; e < width_; ++e) {  // rows become columns of the block
      float* to = block_.data() + e / 16 * 16 * capacity_ + e % 16;
      if (e < unknowns_) {
        const float* row = y.row(indices[e]) + begin;
        for (std::int64_t k = 0; k < count; ++k) to[k * 16] = row[k];
      } else {
        for (std::int64_t k = 0; k < count; ++k) to[k * 16] = 0;
      }
    }
    add_block(count, nullptr);
  }
}

void NormalEquations::add_equations(const NormalEquations& other) {
  std::transform(matrix_.begin(), matrix_.end(), other.matrix_.begin(), matrix_.begin(), std::plus<>());
  std::transform(sum_.begin(), sum_.end(), other.sum_.begin(), sum_.begin(), std::plus<>());
}

void NormalEquations::add_diagonal(float value) {
  for (std::int64_t i = 0; i < unknowns_; ++i) {
    matrix_[(i / 16 * 16) * width_ + i * 16 + i % 16] += value;
  }
}

void NormalEquations::copy_symmetric(float scale, MatrixView out) const {
  for (std::int64_t column = 0; column < width_; ++column) {
    for (std::int64_t i = 0; i <= column; ++i) {
      const float value = scale * matrix_[(column / 16 * 16) * width_ + i * 16 + column % 16];
      out(i, column) = value;
      out(column, i) = value;
    }
  }
}

void NormalEquations::factorize() {
  // Rounding leaves pivots of up to about width · epsilon · A_ii where exact arithmetic would give 0. The padding is
  // such a pivot too (A_ii = 0).
  const float share = static_cast<float>(width_) * std::numeric_limits<float>::epsilon();
  for (std::int64_t i = 0; i < width_; ++i) {
    const float diagonal = matrix_[(i / 16 * 16) * width_ + i * 16 + i % 16];
    inverse_[i] = share * diagonal;
  }
  HWY_DYNAMIC_DISPATCH(factorize_panels)(width_, matrix_.data(), inverse_.data());
}

void NormalEquations::solve(const float* b, float* x) const {
  if (x != b) std::copy_n(b, width_, x);
  HWY_DYNAMIC_DISPATCH(solve_panels)(width_, matrix_.data(), inverse_.data(), x);
}

void combine_rows(ConstMatrixView y, Span<const std::int32_t> indices, const float* weights, float* out) {
  HWY_DYNAMIC_DISPATCH(combine)(y, indices, weights, out);
}

}  // namespace embrace
#endif  // HWY_ONCE
