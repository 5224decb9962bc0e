// How often columns of a sparse matrix stand in one row: XᵀX, X being its ones and zeros.
#pragma once
#include "host/threads.hpp"
#include "host/views.hpp"

namespace embrace {

/// counts(a, b), b ≤ a, becomes the number of rows that hold both a and b; above the diagonal nothing is written.
/// Values are not read; columns are ascending in `rows`, and `by_column` is its transpose. Counts are whole numbers,
/// exact up to 2^24 rows. Cost: half the sum of squared row sizes.
void count_together(CsrView rows, CsrView by_column, MatrixView counts, Threads& threads);

}  // namespace embrace
