// OpenBLAS, held to one thread: our own loops are the parallel ones, and nested threads slow everything down.
#pragma once
#include <string>

namespace embrace {

/// Call once at start-up. Throws std::runtime_error for OpenBLAS's serial variant, which gives wrong numbers when
/// several threads call it at the same time.
void use_one_blas_thread();

std::string blas_name();  // "OpenBLAS 0.3.21 (pthreads, Zen)"

}  // namespace embrace
