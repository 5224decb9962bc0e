// Normal equations of one row of an alternating method: A = Σ y y', right-hand sides, Cholesky, solutions.
//
// Layout. Everything is cut into panels of 16 columns, zero-padded to whole panels. Panel j of the matrix holds
// columns [16 j, 16 j + 16), its row i at [(j · width + i) · 16]; only i ≤ column is used. The vectors of a block of
// ratings lie in the same shape, one row a rating, so that the Gram matrix and the updates of the factorization are
// one kernel: C += or -= L' R on streams without strides. Every element is summed in the order of the ratings:
// the result depends on the row alone, never on threads.
#pragma once
#include <cstdint>

#include "host/matrix.hpp"
#include "host/span.hpp"

namespace embrace {

inline constexpr std::int64_t panel_width = 16;

/// Factors rounded up to whole panels: the stride of factor matrices, whose padding is always zero.
constexpr std::int64_t padded_width(std::int64_t factors) {
  return (factors + panel_width - 1) / panel_width * panel_width;
}

class NormalEquations {
 public:
  /// Room for systems of up to `most` unknowns.
  explicit NormalEquations(std::int64_t most);

  /// A system of `unknowns` ≤ most: A = 0 and both sums = 0.
  void clear(std::int64_t unknowns);
  /// A = scale · other's A (before its factorization), both sums = 0.
  void start_from(const NormalEquations& other, float scale);
  /// A = `symmetric`, both sums = 0; as many unknowns as it has columns.
  void start_from(ConstMatrixView symmetric);
  /// For each index e: A += y_e y_e', sum += y_e, target += targets[e] y_e (none when targets is null).
  void add(ConstMatrixView y, Span<const std::int32_t> indices, const float* targets);
  /// A system with one unknown a row: A_ef += <y_e, y_f> for rows e, f of `indices`, as many as there are
  /// unknowns.
  void add_products(ConstMatrixView y, Span<const std::int32_t> indices);
  /// A += other's A, sum += other's sum.
  void add_equations(const NormalEquations& other);
  /// A += value · I.
  void add_diagonal(float value);

  /// A = U'U in place. A pivot that is zero up to rounding (a singular system) gets the solution 0 in its direction.
  void factorize();
  /// x = A^-1 b for b of padded width; call after factorize(). x may be b.
  void solve(const float* b, float* x) const;

  std::int64_t width() const { return width_; }  // unknowns in whole panels
  /// scale · A as a whole symmetric matrix, width × width; before factorize().
  void copy_symmetric(float scale, MatrixView out) const;
  const float* sum() const { return sum_.data(); }
  const float* target() const { return target_.data(); }

 private:
  void resize(std::int64_t unknowns);
  void add_block(std::int64_t count, const float* targets);

  std::int64_t unknowns_ = 0;
  std::int64_t width_ = 0;     // padded
  std::int64_t capacity_ = 0;  // ratings in a block, so that it stays in the first-level cache
  AlignedVector<float> matrix_;
  AlignedVector<float> block_;
  AlignedVector<float> sum_;
  AlignedVector<float> target_;
  AlignedVector<float> inverse_;  // 1 / U_ii, or 0 for a pivot that was dropped
};

/// out = Σ_e weights[e] y_e over the rows of `indices`; y has whole panels of columns.
void combine_rows(ConstMatrixView y, Span<const std::int32_t> indices, const float* weights, float* out);

}  // namespace embrace
