#include "host/math/product.hpp"

#include <cblas.h>

#include <algorithm>
#include <limits>
#include <mutex>
#include <stdexcept>

namespace embrace {
namespace {

blasint size_of(std::int64_t n) {
  if (n > std::numeric_limits<blasint>::max()) throw std::length_error("a matrix product beyond 2^31 - 1 rows");
  return static_cast<blasint>(n);
}

/// OpenBLAS starts with its own threads; ours are enough.
void one_thread() {
  static std::once_flag once;
  std::call_once(once, [] { openblas_set_num_threads(1); });
}

void product(CBLAS_TRANSPOSE turn_a, ConstMatrixView a, CBLAS_TRANSPOSE turn_b, ConstMatrixView b, float beta,
             std::int64_t inner, MatrixView c) {
  if (c.rows == 0 || c.columns == 0) return;
  one_thread();
  if (inner == 0) {
    for (std::int64_t r = 0; r < c.rows && beta == 0.0F; ++r) std::fill(c.row(r), c.row(r) + c.columns, 0.0F);
    return;
  }
  const auto stride = [](std::int64_t s) { return size_of(std::max<std::int64_t>(1, s)); };
  cblas_sgemm(CblasRowMajor, turn_a, turn_b, size_of(c.rows), size_of(c.columns), size_of(inner), 1.0F, a.data,
              stride(a.stride), b.data, stride(b.stride), beta, c.data, stride(c.stride));
}

}  // namespace

void multiply(ConstMatrixView a, ConstMatrixView b, float beta, MatrixView c) {
  product(CblasNoTrans, a, CblasNoTrans, b, beta, a.columns, c);
}

void multiply_transposed(ConstMatrixView a, ConstMatrixView b, float beta, MatrixView c) {
  product(CblasNoTrans, a, CblasTrans, b, beta, a.columns, c);
}

void multiply_by_transposed(ConstMatrixView a, ConstMatrixView b, MatrixView c) {
  product(CblasTrans, a, CblasNoTrans, b, 0.0F, a.rows, c);
}

}  // namespace embrace
