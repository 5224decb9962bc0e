// Matrix products by OpenBLAS, and all that is known of it here. It is held to one thread: our own loops are the
// parallel ones, and nested threads slow everything down.
#pragma once
#include <string>

#include "host/views.hpp"

namespace embrace {

/// Throws std::runtime_error for OpenBLAS's serial variant, which gives wrong numbers when several threads call it at
/// the same time; else holds it to one thread. Products do it by themselves; a program that does it first fails early.
void use_one_blas_thread();

std::string blas_name();  // "OpenBLAS 0.3.21 (pthreads, Zen)"

/// c = a b + beta c; a is m × n, b n × p, c m × p. Does nothing when c is empty.
void multiply(ConstMatrixView a, ConstMatrixView b, float beta, MatrixView c);
/// c = a bᵀ + beta c; a is m × n, b p × n.
void multiply_transposed(ConstMatrixView a, ConstMatrixView b, float beta, MatrixView c);
/// c = aᵀ b; a is n × m, b n × p, c m × p.
void multiply_by_transposed(ConstMatrixView a, ConstMatrixView b, MatrixView c);

}  // namespace embrace
