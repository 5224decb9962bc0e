// Singular values and right singular vectors in double: the eigenvectors of aᵀa by Jacobi's rotations, the largest
// element first (Jacobi 1846). Nothing here may be made clever; it is what the fast code is judged by.
#pragma once
#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

#include "tests/reference/alternating_reference.hpp"

namespace embrace::test {

struct PlainSvd {
  std::vector<double> values;  // descending
  Dense right;                 // row k: the vector of values[k]
};

inline PlainSvd plain_svd(const Dense& a) {
  const std::size_t n = a.empty() ? 0 : a[0].size();
  Dense s(n, std::vector<double>(n)), v(n, std::vector<double>(n));
  for (std::size_t i = 0; i < n; ++i) {
    v[i][i] = 1;
    for (std::size_t j = 0; j < n; ++j) {
      for (const auto& row : a) s[i][j] += row[i] * row[j];
    }
  }
  for (std::size_t turn = 0; turn < 100 * n * n; ++turn) {
    std::size_t p = 0, q = 0;
    double largest = 0;
    for (std::size_t i = 0; i < n; ++i) {
      for (std::size_t j = i + 1; j < n; ++j) {
        if (std::fabs(s[i][j]) > largest) {
          largest = std::fabs(s[i][j]);
          p = i;
          q = j;
        }
      }
    }
    double trace = 0;
    for (std::size_t i = 0; i < n; ++i) trace += s[i][i];
    if (largest <= 1e-15 * trace) break;
    const double angle = 0.5 * std::atan2(2 * s[p][q], s[q][q] - s[p][p]), c = std::cos(angle), d = std::sin(angle);
    for (std::size_t k = 0; k < n; ++k) {
      const double x = s[k][p], y = s[k][q];
      s[k][p] = c * x - d * y;
      s[k][q] = d * x + c * y;
    }
    for (std::size_t k = 0; k < n; ++k) {
      const double x = s[p][k], y = s[q][k];
      s[p][k] = c * x - d * y;
      s[q][k] = d * x + c * y;
    }
    for (std::size_t k = 0; k < n; ++k) {
      const double x = v[p][k], y = v[q][k];
      v[p][k] = c * x - d * y;
      v[q][k] = d * x + c * y;
    }
  }
  std::vector<std::size_t> order(n);
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(), [&](std::size_t i, std::size_t j) { return s[i][i] > s[j][j]; });
  PlainSvd svd;
  for (const std::size_t k : order) {
    svd.values.push_back(std::sqrt(std::max(0.0, s[k][k])));
    svd.right.push_back(v[k]);
  }
  return svd;
}

}  // namespace embrace::test
