// Which kernels OpenBLAS takes is settled when it is loaded, by the processors that it knows and by OPENBLAS_CORETYPE.
#pragma once

namespace embrace {

/// Starts this program again, with OPENBLAS_CORETYPE set and without threads of OpenBLAS, where OpenBLAS did not know
/// the processor and took kernels that are much too slow for it (better_blas_core), and nobody has chosen any.
/// Otherwise, and where that fails, does nothing. The first call of main.
void restart_with_better_blas_core(char** arguments);

}  // namespace embrace
