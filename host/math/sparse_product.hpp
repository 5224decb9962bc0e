// The product of a sparse and a dense matrix.
#pragma once
#include <cstdint>

#include "host/span.hpp"
#include "host/sparse.hpp"
#include "host/threads.hpp"
#include "host/views.hpp"

namespace embrace {

/// out = matrix · x; x has a row for each column of the matrix, out one for each of its rows. The sum of a row goes
/// through its entries in order: the same bits for any number of threads. Cost: 2 · entries · x.columns floating-point
/// operations; each entry reads a row of x.
void multiply_sparse(CsrView matrix, ConstMatrixView x, MatrixView out, Threads& threads);

/// The matrix whose product gives each row the sum of its parts, in their order: part p belongs to row row_of[p].
Csr sums_of_parts(std::int64_t rows, Span<const std::int32_t> row_of, Threads& threads);

}  // namespace embrace
