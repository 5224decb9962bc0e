#include "host/blas.hpp"

#include <cblas.h>

#include <sstream>
#include <stdexcept>

namespace embrace {

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

}  // namespace embrace
