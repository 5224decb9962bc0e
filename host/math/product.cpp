#include "host/math/product.hpp"

#include <cblas.h>

#include <algorithm>
#include <array>
#include <limits>
#include <mutex>
#include <sstream>
#include <stdexcept>

namespace embrace {
namespace {

blasint size_of(std::int64_t n) {
  if (n > std::numeric_limits<blasint>::max()) throw std::length_error("a matrix product beyond 2^31 - 1 rows");
  return static_cast<blasint>(n);
}

void hold_to_one_thread() {
  static std::once_flag once;
  std::call_once(once, use_one_blas_thread);
}

void product(CBLAS_TRANSPOSE turn_a, ConstMatrixView a, CBLAS_TRANSPOSE turn_b, ConstMatrixView b, float beta,
             std::int64_t inner, MatrixView c) {
  if (c.rows == 0 || c.columns == 0) return;
  hold_to_one_thread();
  if (inner == 0) {
    for (std::int64_t r = 0; r < c.rows && beta == 0.0F; ++r) std::fill(c.row(r), c.row(r) + c.columns, 0.0F);
    return;
  }
  const auto stride = [](std::int64_t s) { return size_of(std::max<std::int64_t>(1, s)); };
  cblas_sgemm(CblasRowMajor, turn_a, turn_b, size_of(c.rows), size_of(c.columns), size_of(inner), 1.0F, a.data,
              stride(a.stride), b.data, stride(b.stride), beta, c.data, stride(c.stride));
}

}  // namespace

void use_one_blas_thread() {
  if (openblas_get_parallel() == OPENBLAS_SEQUENTIAL) {
    throw std::runtime_error(
        "the OpenBLAS found is the serial variant, which is not safe to call from several threads; install "
        "libopenblas-pthread-dev and choose it with update-alternatives --config libopenblas.so.0-<architecture>");
  }
  openblas_set_num_threads(1);
}

std::string blas_name() {
  std::istringstream config(openblas_get_config());  // "OpenBLAS 0.3.21 NO_LAPACKE DYNAMIC_ARCH … Zen MAX_THREADS=64"
  std::string library, version;
  config >> library >> version;
  const int kind = openblas_get_parallel();
  return library + " " + version + " (" +
         (kind == OPENBLAS_THREAD   ? "pthreads"
          : kind == OPENBLAS_OPENMP ? "OpenMP"
                                    : "serial") +
         ", " + openblas_get_corename() + ")";
}

std::string better_blas_core() {
#if defined(__x86_64__)
  constexpr std::array without_avx = {"Prescott", "Core2", "Penryn", "Dunnington", "Atom", "Nehalem"};
  const std::string core = openblas_get_corename();
  const bool slow = std::find(without_avx.begin(), without_avx.end(), core) != without_avx.end();
  if (!slow || !__builtin_cpu_supports("avx2")) return "";
  return __builtin_cpu_supports("avx512dq") ? "SkylakeX" : "Haswell";
#else
  return "";
#endif
}

void multiply(ConstMatrixView a, ConstMatrixView b, float beta, MatrixView c) {
  product(CblasNoTrans, a, CblasNoTrans, b, beta, a.columns, c);
}

void multiply_transposed(ConstMatrixView a, ConstMatrixView b, float beta, MatrixView c) {
  product(CblasNoTrans, a, CblasTrans, b, beta, a.columns, c);
}

void multiply_by_transposed(ConstMatrixView a, ConstMatrixView b, MatrixView c) {
  product(CblasTrans, a, CblasNoTrans, b, 0.0F, a.rows, c);
}

void add_gram(const double* a, std::int64_t rows, std::int64_t n, double* gram) {
  if (rows == 0 || n == 0) return;
  hold_to_one_thread();
  cblas_dsyrk(CblasRowMajor, CblasUpper, CblasTrans, size_of(n), size_of(rows), 1.0, a, size_of(n), 1.0, gram,
              size_of(n));
}

void divide_by_triangle(double* a, std::int64_t rows, std::int64_t n, const double* r) {
  if (rows == 0 || n == 0) return;
  hold_to_one_thread();
  cblas_dtrsm(CblasRowMajor, CblasRight, CblasUpper, CblasNoTrans, CblasNonUnit, size_of(rows), size_of(n), 1.0, r,
              size_of(n), a, size_of(n));
}

}  // namespace embrace
