// Eigenvectors of symmetric matrices in double, for principal components.
#pragma once
#include <cstdint>

#include "host/array.hpp"
#include "host/span.hpp"

namespace embrace {

struct PrincipalAxes {
  Array<double> values;  // largest first
  Array<double> axes;    // one after the other, each of unit length
};

/// The `count` ≤ n eigenvectors of the symmetric positive semidefinite n × n matrix with the largest eigenvalues.
/// n ≤ 192: all of them by Jacobi's rotations (Golub and Van Loan 2013, section 8.5), to rounding. Larger: subspace
/// iteration (section 8.2.4) on count + 16 vectors until the values move by less than a millionth of the largest.
/// One thread; the same bits everywhere.
PrincipalAxes principal_axes(Span<const double> symmetric, std::int64_t n, std::int64_t count);

}  // namespace embrace
