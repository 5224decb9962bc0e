// Systems of an alternating method's rows in double, as plainly as their formulas: what its half-sweeps are judged by.
// Nothing here may be made clever.
#pragma once
#include <cmath>
#include <cstddef>
#include <utility>
#include <vector>

#include "bench/cases/operation.hpp"

namespace embrace::cases {

/// A x = b, A symmetric and positive definite.
struct DenseSystem {
  explicit DenseSystem(std::size_t size) : a(size, std::vector<double>(size)), b(size) {}

  /// A += weight v v', b += target v.
  void add(const std::vector<double>& v, double weight, double target) {
    for (std::size_t i = 0; i < b.size(); ++i) {
      for (std::size_t j = 0; j < b.size(); ++j) a[i][j] += weight * v[i] * v[j];
      b[i] += target * v[i];
    }
  }
  std::vector<double> times(const std::vector<double>& x) const {
    std::vector<double> out(b.size());
    for (std::size_t i = 0; i < b.size(); ++i) {
      for (std::size_t j = 0; j < b.size(); ++j) out[i] += a[i][j] * x[j];
    }
    return out;
  }
  /// By elimination, without a search for pivots: they are positive.
  std::vector<double> solution() const {
    std::vector<std::vector<double>> left = a;
    std::vector<double> x = b;
    for (std::size_t c = 0; c < b.size(); ++c) {
      for (std::size_t r = c + 1; r < b.size(); ++r) {
        const double factor = left[r][c] / left[c][c];
        for (std::size_t k = c; k < b.size(); ++k) left[r][k] -= factor * left[c][k];
        x[r] -= factor * x[c];
      }
    }
    for (std::size_t c = b.size(); c-- > 0;) {
      for (std::size_t k = c + 1; k < b.size(); ++k) x[c] -= left[c][k] * x[k];
      x[c] /= left[c][c];
    }
    return x;
  }

  std::vector<std::vector<double>> a;
  std::vector<double> b;
};

inline std::vector<double> row_of(const Matrix& matrix, std::int64_t row) {
  return {matrix.row(row), matrix.row(row) + matrix.columns()};
}

/// Ratings of each user: item and value, in the order given.
inline std::vector<std::vector<std::pair<std::int64_t, double>>> ratings_by_user(const Inputs& in) {
  std::vector<std::vector<std::pair<std::int64_t, double>>> rows(static_cast<std::size_t>(in.shape.users));
  for (std::size_t e = 0; e < in.ratings.users.size(); ++e) {
    rows[static_cast<std::size_t>(in.ratings.users[e])].emplace_back(in.ratings.items[e],
                                                                     static_cast<double>(in.ratings.values[e]));
  }
  return rows;
}

/// Of a user of ials with so many ratings: Σ_rated y y' + α Σ_all y y' + λ (n + α items)^ν I, Σ_rated y
/// (host/methods/ials.cpp).
inline DenseSystem implicit_system(const Inputs& in, const std::vector<std::pair<std::int64_t, double>>& ratings) {
  DenseSystem system(static_cast<std::size_t>(in.shape.factors));
  const double alpha = in.hyper["alpha"];
  for (std::int64_t i = 0; i < in.shape.items; ++i) system.add(row_of(in.b, i), alpha, 0);
  for (const auto& [item, value] : ratings) system.add(row_of(in.b, item), 1, 1);
  const double size = static_cast<double>(ratings.size()) + alpha * static_cast<double>(in.shape.items);
  for (std::size_t i = 0; i < system.b.size(); ++i) {
    system.a[i][i] += in.hyper["regularization"] * std::pow(size, in.hyper["nu"]);
  }
  return system;
}

/// No ratings, one, a row of thousands, rows with more and with fewer ratings than factors.
inline std::vector<Shape> small_system_shapes() {
  return {{"empty", 3, 2, 0, 5},
          {"one", 1, 1, 1, 1},
          {"one-user", 1, 33, 5000, 33},
          {"small", 31, 64, 3000, 64},
          {"wide", 9, 40, 500, 130}};
}

}  // namespace embrace::cases
