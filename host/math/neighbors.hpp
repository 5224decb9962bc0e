// The most similar rows of a sparse matrix, by a cosine that can be shrunk and made asymmetric:
//   s(a, b) = <a, b> / (|a|^(2 e) |b|^(2 (1 - e)) + shrinkage)
// e = 1/2 is the cosine (Sarwar, Karypis, Konstan, Riedl 2001, "Item-based collaborative filtering"); other exponents
// are those of Aiolli 2013 ("Efficient top-N recommendation for very large scale binary rated datasets"), shrinkage
// that of Bell and Koren 2007, for rows of small overlap.
#pragma once
#include <cstdint>

#include "host/sparse.hpp"
#include "host/threads.hpp"
#include "host/views.hpp"

namespace embrace {

struct NeighborSettings {
  std::int64_t count = 0;  // neighbours of a row, at most
  double shrinkage = 0;
  double exponent = 0.5;  // of the row's own length
};

/// Row a of the result has the `count` rows b of the highest s(a, b) > 0, ties to the lower b, as columns, with s.
/// `by_column` is the transpose of the matrix that neighbours are looked for in. When `same`, its rows are `rows`, and
/// none is a neighbour of itself. A row is made at a time, in memory for one number a row of the matrix, in cache: no
/// matrix of rows × rows. The same bits for any number of threads. Cost: an addition for each pair of entries in the
/// same column.
Csr nearest_rows(CsrView rows, CsrView by_column, bool same, const NeighborSettings& settings, Threads& threads);

}  // namespace embrace
