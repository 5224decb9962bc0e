// The product of a sparse and a dense matrix.
#pragma once
#include "host/threads.hpp"
#include "host/views.hpp"

namespace embrace {

/// out = matrix · x; x has a row for each column of the matrix, out one for each of its rows. The sum of a row goes
/// through its entries in order: the same bits for any number of threads. Cost: 2 · entries · x.columns floating-point
/// operations; each entry reads a row of x.
void multiply_sparse(CsrView matrix, ConstMatrixView x, MatrixView out, Threads& threads);

}  // namespace embrace
