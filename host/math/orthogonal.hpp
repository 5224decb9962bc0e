// Orthogonal columns: of a tall matrix, by Cholesky's factor of its Gram matrix, and of a small square one, by
// rotations. Both in double, the same bits for any number of threads.
#pragma once
#include "host/array.hpp"
#include "host/threads.hpp"
#include "host/views.hpp"

namespace embrace {

/// The upper triangular R with x = Q R, row after row, QᵀQ = 1: Cholesky's factor of xᵀx. A column of x that lies, to
/// 1e-5 of its length, in the span of those before it gets a row of zeros: it adds no direction. Cost: rows · columns²
/// operations.
Array<double> triangle_of(ConstMatrixView x, Threads& threads);

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

}  // namespace embrace
