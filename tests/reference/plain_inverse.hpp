// The inverse of a matrix in double, by elimination with pivots of the matrix beside the identity. Nothing here may be
// made clever; it is what the fast code is judged by.
#pragma once
#include <cmath>
#include <utility>
#include <vector>

#include "tests/reference/alternating_reference.hpp"

namespace embrace::test {

inline Dense plain_inverse(Dense a) {
  const std::size_t n = a.size();
  for (std::size_t r = 0; r < n; ++r) {
    a[r].resize(2 * n);
    a[r][n + r] = 1;
  }
  for (std::size_t c = 0; c < n; ++c) {
    std::size_t pivot = c;
    for (std::size_t r = c; r < n; ++r) {
      if (std::fabs(a[r][c]) > std::fabs(a[pivot][c])) pivot = r;
    }
    std::swap(a[c], a[pivot]);
    const double divisor = a[c][c];
    for (double& x : a[c]) x /= divisor;
    for (std::size_t r = 0; r < n; ++r) {
      const double factor = a[r][c];
      for (std::size_t k = 0; k < 2 * n && r != c; ++k) a[r][k] -= factor * a[c][k];
    }
  }
  for (std::vector<double>& row : a) row.erase(row.begin(), row.begin() + static_cast<std::ptrdiff_t>(n));
  return a;
}

}  // namespace embrace::test
