// The largest singular values of a sparse matrix with their vectors, by subspace iteration from a random start (Halko,
// Martinsson and Tropp 2011, "Finding structure with randomness", SIAM Review 53, algorithms 4.4 and 5.1), each
// iteration being a Chebyshev filter (Zhou and Saad 2007, "A Chebyshev-Davidson algorithm for large symmetric
// eigenproblems").
#pragma once
#include <cstdint>
#include <optional>

#include "host/array.hpp"
#include "host/matrix.hpp"
#include "host/threads.hpp"
#include "host/views.hpp"

namespace embrace {

struct SvdSettings {
  std::int64_t rank = 0;                       // values wanted; any number, those beyond the matrix's rank are zero
  std::optional<std::int64_t> oversampling{};  // directions beside them; by itself: as many again, 10 at least
  std::int64_t power_iterations = 3;
  std::uint64_t seed = 0;  // of the start
};

/// matrix ≈ left · diag(values) · rightᵀ. In each right vector the element of largest magnitude is positive. A value
/// below 1e-6 of the largest cannot be told from rounding: it is 0, and so are its vectors.
struct Svd {
  Matrix left;          // rows × rank, orthonormal columns
  Array<float> values;  // rank, descending
  Matrix right;         // columns × rank, orthonormal columns
};

/// `by_column` is the matrix's transpose. Values are never too large; by how much they fall short shrinks from one
/// iteration to the next by about T(2 q² - 1)², where T(x) = 4 x³ - 3 x, and q is a value of interest by the last of
/// rank + oversampling: as values of ratings hardly fall, directions are cheaper than iterations. The same seed gives
/// the same bits for any number of threads. Cost: for w = rank + oversampling and each iteration 14 · entries · w
/// floating- point operations and, in double, 4 (rows + columns) · w²; memory: (rows + 3 columns) · w floats.
Svd randomized_svd(CsrView matrix, CsrView by_column, const SvdSettings& settings, Threads& threads);
/// The same; transposes by itself.
Svd randomized_svd(CsrView matrix, const SvdSettings& settings, Threads& threads);

}  // namespace embrace
