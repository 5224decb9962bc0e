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

/// OpenBLAS's name of better kernels ("SkylakeX") where it took some without AVX for a processor that has it, as an old
/// OpenBLAS does for a processor that it does not know: products are then three times as slow. Empty elsewhere.
std::string better_blas_core();

/// c = a b + beta c; a is m × n, b n × p, c m × p. Does nothing when c is empty.
void multiply(ConstMatrixView a, ConstMatrixView b, float beta, MatrixView c);
/// c = a bᵀ + beta c; a is m × n, b p × n.
void multiply_transposed(ConstMatrixView a, ConstMatrixView b, float beta, MatrixView c);
/// c = aᵀ b; a is n × m, b n × p, c m × p.
void multiply_by_transposed(ConstMatrixView a, ConstMatrixView b, MatrixView c);

/// gram += aᵀ a in double, of whose n × n elements only those on and above the diagonal are read and written; a is
/// rows × n, both row after row.
void add_gram(const double* a, std::int64_t rows, std::int64_t n, double* gram);
/// a = a r⁻¹ in double; a is rows × n, r upper triangular.
void divide_by_triangle(double* a, std::int64_t rows, std::int64_t n, const double* r);

}  // namespace embrace
