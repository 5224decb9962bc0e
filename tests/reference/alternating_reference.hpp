// One epoch of als and of ials in double, as plainly as the formulas: dense systems, Gaussian elimination.
// Nothing here may be made clever; it is what the fast code is judged by.
#pragma once
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <utility>
#include <vector>

#include "host/method.hpp"

namespace embrace::test {

using Dense = std::vector<std::vector<double>>;

/// Solves a x = b by elimination with partial pivoting.
inline std::vector<double> solve_dense(Dense a, std::vector<double> b) {
  const std::size_t n = b.size();
  for (std::size_t c = 0; c < n; ++c) {
    std::size_t pivot = c;
    for (std::size_t r = c; r < n; ++r) {
      if (std::fabs(a[r][c]) > std::fabs(a[pivot][c])) pivot = r;
    }
    std::swap(a[c], a[pivot]);
    std::swap(b[c], b[pivot]);
    for (std::size_t r = c + 1; r < n; ++r) {
      const double factor = a[r][c] / a[c][c];
      for (std::size_t k = c; k < n; ++k) a[r][k] -= factor * a[c][k];
      b[r] -= factor * b[c];
    }
  }
  for (std::size_t c = n; c-- > 0;) {
    for (std::size_t k = c + 1; k < n; ++k) b[c] -= a[c][k] * b[k];
    b[c] /= a[c][c];
  }
  return b;
}

inline Dense to_dense(ConstMatrixView m) {
  Dense dense(static_cast<std::size_t>(m.rows), std::vector<double>(static_cast<std::size_t>(m.columns)));
  for (std::int64_t r = 0; r < m.rows; ++r) {
    for (std::int64_t c = 0; c < m.columns; ++c) {
      dense[static_cast<std::size_t>(r)][static_cast<std::size_t>(c)] = static_cast<double>(m(r, c));
    }
  }
  return dense;
}

/// Vectors and biases of users and items; offset + biases + product is the prediction.
struct ReferenceModel {
  Dense users, items;
  std::vector<double> user_bias, item_bias;
  double offset = 0;

  double predict(std::size_t u, std::size_t i) const {
    double sum = offset + user_bias[u] + item_bias[i];
    for (std::size_t k = 0; k < users[u].size(); ++k) sum += users[u][k] * items[i][k];
    return sum;
  }
};

/// Minimises Σ (r - offset - bias_c - b - x · y_c)² + λ n^ν |x|² + λ_b b² for every row: unknowns (x, b) together.
inline void als_half_sweep(CsrView rows, const Dense& y, const std::vector<double>& y_bias, double offset,
                           const Hyper& hyper, Dense& x, std::vector<double>& x_bias) {
  const auto k = static_cast<std::size_t>(hyper.integer("factors"));
  for (std::int64_t r = 0; r < rows.rows; ++r) {
    const auto row = static_cast<std::size_t>(r);
    x[row].assign(k, 0);
    x_bias[row] = 0;
    if (rows.row_size(r) == 0) continue;
    Dense a(k + 1, std::vector<double>(k + 1, 0));
    std::vector<double> b(k + 1, 0);
    for (std::int64_t e = rows.offsets[r]; e < rows.offsets[r + 1]; ++e) {
      const auto c = static_cast<std::size_t>(rows.indices[e]);
      std::vector<double> v = y[c];
      v.push_back(1);
      const double target = static_cast<double>(rows.values[e]) - offset - y_bias[c];
      for (std::size_t i = 0; i <= k; ++i) {
        for (std::size_t j = 0; j <= k; ++j) a[i][j] += v[i] * v[j];
        b[i] += v[i] * target;
      }
    }
    const double n = static_cast<double>(rows.row_size(r));
    for (std::size_t i = 0; i < k; ++i) a[i][i] += hyper["regularization"] * std::pow(n, hyper["nu"]);
    a[k][k] += hyper["bias_regularization"];
    x[row] = solve_dense(a, b);
    x_bias[row] = x[row].back();
    x[row].pop_back();
  }
}

/// A x = b of one row of ials: minimises Σ_rated (1 - x · y_c)² + α Σ_all (x · y_c)² + λ (n + α columns)^ν |x|².
inline std::pair<Dense, std::vector<double>> ials_system(CsrView rows, std::int64_t r, const Dense& y,
                                                         const Hyper& hyper) {
  const auto k = static_cast<std::size_t>(hyper.integer("factors"));
  Dense a(k, std::vector<double>(k, 0));
  std::vector<double> b(k, 0);
  const auto add = [&](const std::vector<double>& v, double weight) {
    for (std::size_t i = 0; i < k; ++i) {
      for (std::size_t j = 0; j < k; ++j) a[i][j] += weight * v[i] * v[j];
    }
  };
  for (const auto& v : y) add(v, hyper["alpha"]);
  for (const std::int32_t c : rows.row_indices(r)) {
    add(y[static_cast<std::size_t>(c)], 1);
    for (std::size_t i = 0; i < k; ++i) b[i] += y[static_cast<std::size_t>(c)][i];
  }
  const double n = static_cast<double>(rows.row_size(r)) + hyper["alpha"] * static_cast<double>(rows.columns);
  for (std::size_t i = 0; i < k; ++i) a[i][i] += hyper["regularization"] * std::pow(n, hyper["nu"]);
  return {a, b};
}

inline void ials_half_sweep(CsrView rows, const Dense& y, const Hyper& hyper, Dense& x) {
  for (std::int64_t r = 0; r < rows.rows; ++r) {
    auto [a, b] = ials_system(rows, r, y, hyper);
    x[static_cast<std::size_t>(r)] = solve_dense(a, b);
  }
}

/// The same by `steps` steps of conjugate gradients a row, from the row at hand; rows without ratings are left alone.
inline void ials_gradient_half_sweep(CsrView rows, const Dense& y, const Hyper& hyper, int steps, Dense& x) {
  const auto dot = [](const std::vector<double>& v, const std::vector<double>& w) {
    double sum = 0;
    for (std::size_t i = 0; i < v.size(); ++i) sum += v[i] * w[i];
    return sum;
  };
  for (std::int64_t r = 0; r < rows.rows; ++r) {
    if (rows.row_size(r) == 0) continue;
    const auto [a, b] = ials_system(rows, r, y, hyper);
    std::vector<double>& p = x[static_cast<std::size_t>(r)];
    std::vector<double> residual = b;
    for (std::size_t i = 0; i < p.size(); ++i) residual[i] -= dot(a[i], p);
    std::vector<double> direction = residual;
    for (int step = 0; step < steps && dot(residual, residual) > 1e-28 * dot(b, b); ++step) {
      std::vector<double> product(p.size());
      for (std::size_t i = 0; i < p.size(); ++i) product[i] = dot(a[i], direction);
      const double before = dot(residual, residual);
      const double length = before / dot(direction, product);
      for (std::size_t i = 0; i < p.size(); ++i) {
        p[i] += length * direction[i];
        residual[i] -= length * product[i];
      }
      const double ratio = dot(residual, residual) / before;
      for (std::size_t i = 0; i < p.size(); ++i) direction[i] = residual[i] + ratio * direction[i];
    }
  }
}

/// The same by one exact step in each block of `block` factors, the others resting, for every row with ratings.
inline void ials_block_half_sweep(CsrView rows, const Dense& y, const Hyper& hyper, std::size_t block, Dense& x) {
  for (std::int64_t r = 0; r < rows.rows; ++r) {
    if (rows.row_size(r) == 0) continue;
    const auto [a, b] = ials_system(rows, r, y, hyper);
    std::vector<double>& p = x[static_cast<std::size_t>(r)];
    for (std::size_t first = 0; first < p.size(); first += block) {
      const std::size_t size = std::min(block, p.size() - first);
      Dense part(size, std::vector<double>(size));
      std::vector<double> target(size);
      for (std::size_t i = 0; i < size; ++i) {
        target[i] = b[first + i];
        for (std::size_t j = 0; j < p.size(); ++j) target[i] -= a[first + i][j] * p[j];
        for (std::size_t j = 0; j < size; ++j) part[i][j] = a[first + i][first + j];
      }
      const std::vector<double> move = solve_dense(part, target);
      for (std::size_t i = 0; i < size; ++i) p[first + i] += move[i];
    }
  }
}

/// Between elements.
inline double largest_difference(const Dense& reference, ConstMatrixView vectors) {
  double largest = 0;
  for (std::int64_t r = 0; r < vectors.rows; ++r) {
    for (std::int64_t k = 0; k < vectors.columns; ++k) {
      const double difference = std::fabs(static_cast<double>(vectors(r, k)) -
                                          reference[static_cast<std::size_t>(r)][static_cast<std::size_t>(k)]);
      if (!(difference <= largest)) largest = difference;  // a NaN stays
    }
  }
  return largest;
}

}  // namespace embrace::test
