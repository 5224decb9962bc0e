// Matrix products by OpenBLAS at one thread, for use inside parallel tasks.
#pragma once
#include <cstdint>

#include "host/views.hpp"

namespace embrace {

/// c = a b + beta c; a is m × n, b n × p, c m × p. Does nothing when c is empty.
void multiply(ConstMatrixView a, ConstMatrixView b, float beta, MatrixView c);
/// c = a bᵀ + beta c; a is m × n, b p × n.
void multiply_transposed(ConstMatrixView a, ConstMatrixView b, float beta, MatrixView c);
/// c = aᵀ b; a is n × m, b n × p, c m × p.
void multiply_by_transposed(ConstMatrixView a, ConstMatrixView b, MatrixView c);

}  // namespace embrace
