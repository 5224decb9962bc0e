// The largest singular values of a sparse matrix with their vectors, by subspace iteration from a random start: Halko,
// Martinsson and Tropp 2011 ("Finding structure with randomness", SIAM Review 53), algorithms 4.4 and 5.1.
#pragma once
#include <cstdint>

#include "host/array.hpp"
#include "host/matrix.hpp"
#include "host/threads.hpp"
#include "host/views.hpp"

namespace embrace {

struct SvdSettings {
  std::int64_t rank = 0;              // values wanted; any number, those beyond the matrix's rank are zero
  std::int64_t oversampling = 10;     // directions beside them
  std::int64_t power_iterations = 4;  // each multiplies by the matrix's transpose and by the matrix
  std::uint64_t seed = 0;             // of the start
};

/// matrix ≈ left · diag(values) · rightᵀ. In each right vector the element of largest magnitude is positive. A value
/// below 1e-6 of the largest cannot be told from rounding: it is 0, and so are its vectors.
struct Svd {
  Matrix left;          // rows × rank, orthonormal columns
  Array<float> values;  // rank, descending
  Matrix right;         // columns × rank, orthonormal columns
};

/// `by_column` is the matrix's transpose. A value σ_k falls short of the true one by a share that shrinks by (σ_l /
/// σ_k)⁴ a power iteration, l = rank + oversampling + 1: where singular values hardly fall, directions are cheaper than
/// iterations, and rank of them halve the share at least once or twice an iteration. The same seed gives the same bits
/// for any number of threads. Cost: for w = rank + oversampling and each iteration 4 · entries · w floating-point
/// operations and, in double, 3 (rows + columns) · w²; memory: (rows + columns) · w floats.
Svd randomized_svd(CsrView matrix, CsrView by_column, const SvdSettings& settings, Threads& threads);
/// The same; transposes by itself.
Svd randomized_svd(CsrView matrix, const SvdSettings& settings, Threads& threads);

}  // namespace embrace
