// The inverse of a large symmetric positive definite matrix, on all cores.
#pragma once
#include "host/threads.hpp"
#include "host/views.hpp"

namespace embrace {

/// m becomes its inverse, both triangles; only the lower one is read. The bits do not depend on the number of threads.
/// The relative error is of the order of n · 2^-24 · (condition of m). Cost: about n³ floating-point operations, and
/// 1.5 KiB for each row beside m. Throws Diverged when, as far as floats can tell, m is not positive definite or its
/// inverse is not finite; what m holds is then undefined.
void invert_symmetric(MatrixView m, Threads& threads);

}  // namespace embrace
