// Orthogonal columns: of a tall matrix, by Cholesky's factor of its Gram matrix, and of a small square one, by
// rotations. Both in double, the same bits for any number of threads.
#pragma once
#include <algorithm>
#include <cstdint>

#include "host/array.hpp"
#include "host/matrix.hpp"
#include "host/threads.hpp"
#include "host/views.hpp"

namespace embrace {

/// The upper triangular R with x = Q R, row after row, QᵀQ = 1: Cholesky's factor of xᵀx. A column of x that lies, to
/// 1e-5 of its length, in the span of those before it gets a row of zeros: it adds no direction. Cost: rows · columns²
/// operations.
Array<double> triangle_of(ConstMatrixView x, Threads& threads);
/// The same from xᵀx, n × n, of which what is on and above the diagonal is read.
Array<double> triangle_of_gram(Array<double> gram, std::int64_t n);

/// x becomes Q, for r as triangle_of() gave it; columns that add no direction become zero.
void orthonormalize(MatrixView x, const Array<double>& r, Threads& threads);

/// r V = U Σ, where U has orthonormal columns: the singular values, and V that turns r.
struct Rotation {
  Array<double> values;   // Σ, descending
  Array<double> vectors;  // row k: column k of V, for values[k]
};

/// The singular values of a square matrix of n rows by rotations of pairs of its columns until all are orthogonal
/// (Hestenes 1958, "Inversion of matrices by biorthogonalization and related results"). Pairs that have no column in
/// common are turned at the same time. Cost: about 8 n³ operations a sweep, of which some ten are needed.
Rotation rotate_columns(const Array<double>& r, std::int64_t n, Threads& threads);

/// The first `columns` of V as floats, that of value s times factor(s); beyond the last, zeros.
template <typename Factor>
Matrix turn_of(const Rotation& rotation, std::int64_t columns, const Factor& factor) {
  const std::int64_t width = rotation.values.size();
  Matrix turn(width, columns);
  for (std::int64_t k = 0; k < std::min(columns, width); ++k) {
    for (std::int64_t r = 0; r < width; ++r) {
      turn(r, k) = static_cast<float>(rotation.vectors[k * width + r] * factor(rotation.values[k]));
    }
  }
  return turn;
}

}  // namespace embrace
