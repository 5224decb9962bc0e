// feature-ials in double, as plainly as its formulas: dense matrices of features, dense systems, Gaussian elimination.
// Nothing here may be made clever; it is what the fast code is judged by.
#pragma once
#include <cmath>
#include <cstdint>
#include <utility>
#include <vector>

#include "host/method.hpp"
#include "tests/reference/alternating_reference.hpp"

namespace embrace::test {

/// Users or movies: q by row, w by column of the features.
struct FeatureSide {
  CsrView ratings;
  Dense features;
  Dense vectors, weights;

  FeatureSide(CsrView of, const Features& from, ConstMatrixView start)
      : ratings(of), features(static_cast<std::size_t>(of.rows)), vectors(to_dense(start)) {
    const CsrView rows = from.rows.view();
    const auto columns = static_cast<std::size_t>(rows.columns);
    for (std::int64_t r = 0; r < of.rows; ++r) {
      auto& row = features[static_cast<std::size_t>(r)];
      row.assign(columns, 0);
      for (std::int64_t e = rows.offsets[r]; e < rows.offsets[r + 1]; ++e) {
        row[static_cast<std::size_t>(rows.indices[e])] = static_cast<double>(rows.values[e]);
      }
    }
    weights.assign(columns, std::vector<double>(static_cast<std::size_t>(start.columns), 0));
  }

  bool rated(std::size_t r) const { return ratings.row_size(static_cast<std::int64_t>(r)) > 0; }
  std::vector<double> said(std::size_t r) const {
    std::vector<double> sum(vectors[r].size(), 0);
    for (std::size_t f = 0; f < weights.size(); ++f) {
      for (std::size_t k = 0; k < sum.size(); ++k) sum[k] += features[r][f] * weights[f][k];
    }
    return sum;
  }
  double penalty(std::size_t r, const Hyper& hyper) const {  // Λ
    const auto n = static_cast<double>(ratings.row_size(static_cast<std::int64_t>(r)));
    return hyper["regularization"] * std::pow(n + hyper["alpha"] * static_cast<double>(ratings.columns), hyper["nu"]);
  }
  double feature_penalty(const Hyper& hyper) const {  // δ
    double sum = 0, count = 0;
    for (std::size_t r = 0; r < vectors.size(); ++r) {
      if (!rated(r)) continue;
      sum += penalty(r, hyper);
      count += 1;
    }
    return hyper["feature_regularization"] * sum / count;
  }
};

inline double square_of(const std::vector<double>& v) {
  double sum = 0;
  for (const double x : v) sum += x * x;
  return sum;
}

inline double feature_ials_penalty(const FeatureSide& side, const Hyper& hyper) {
  double sum = 0;
  for (std::size_t r = 0; r < side.vectors.size(); ++r) {
    if (!side.rated(r)) continue;
    std::vector<double> z = side.said(r);
    for (std::size_t k = 0; k < z.size(); ++k) z[k] = side.vectors[r][k] - z[k];
    sum += side.penalty(r, hyper) * square_of(z);
  }
  for (const auto& w : side.weights) sum += side.feature_penalty(hyper) * square_of(w);
  return sum;
}

inline double feature_ials_loss(const FeatureSide& users, const FeatureSide& items, const Hyper& hyper) {
  double loss = feature_ials_penalty(users, hyper) + feature_ials_penalty(items, hyper);
  const auto score = [&](std::size_t u, std::size_t i) {
    double sum = 0;
    for (std::size_t k = 0; k < users.vectors[u].size(); ++k) sum += users.vectors[u][k] * items.vectors[i][k];
    return sum;
  };
  for (std::size_t u = 0; u < users.vectors.size(); ++u) {
    for (const std::int32_t i : users.ratings.row_indices(static_cast<std::int64_t>(u))) {
      loss += std::pow(1 - score(u, static_cast<std::size_t>(i)), 2);
    }
    for (std::size_t i = 0; i < items.vectors.size(); ++i) {
      if (users.rated(u) && items.rated(i)) loss += hyper["alpha"] * std::pow(score(u, i), 2);
    }
  }
  return loss;
}

/// A q = b of a row before any penalty.
inline std::pair<Dense, std::vector<double>> pairs_of_row(const FeatureSide& side, std::size_t r,
                                                          const FeatureSide& fixed, const Hyper& hyper) {
  const std::size_t k = side.vectors[r].size();
  Dense a(k, std::vector<double>(k, 0));
  std::vector<double> b(k, 0);
  const auto add = [&](const std::vector<double>& v, double weight) {
    for (std::size_t i = 0; i < k; ++i) {
      for (std::size_t j = 0; j < k; ++j) a[i][j] += weight * v[i] * v[j];
    }
  };
  for (std::size_t c = 0; c < fixed.vectors.size(); ++c) {
    if (fixed.rated(c)) add(fixed.vectors[c], hyper["alpha"]);
  }
  for (const std::int32_t c : side.ratings.row_indices(static_cast<std::int64_t>(r))) {
    const auto& v = fixed.vectors[static_cast<std::size_t>(c)];
    add(v, 1);
    for (std::size_t i = 0; i < k; ++i) b[i] += v[i];
  }
  return {a, b};
}

inline void set_unrated(FeatureSide& side) {
  for (std::size_t r = 0; r < side.vectors.size(); ++r) {
    if (!side.rated(r)) side.vectors[r] = side.said(r);
  }
}

/// q given w, then w given q, each the exact minimum.
inline void feature_ials_half_sweep(const FeatureSide& fixed, const Hyper& hyper, FeatureSide& side) {
  const std::size_t columns = side.weights.size(), k = side.vectors[0].size();
  for (std::size_t r = 0; r < side.vectors.size(); ++r) {
    if (!side.rated(r)) continue;
    auto [a, b] = pairs_of_row(side, r, fixed, hyper);
    const std::vector<double> said = side.said(r);
    for (std::size_t i = 0; i < k; ++i) {
      a[i][i] += side.penalty(r, hyper);
      b[i] += side.penalty(r, hyper) * said[i];
    }
    side.vectors[r] = solve_dense(a, b);
  }
  Dense a(columns, std::vector<double>(columns, 0));
  Dense b(k, std::vector<double>(columns, 0));
  for (std::size_t f = 0; f < columns; ++f) a[f][f] = side.feature_penalty(hyper);
  for (std::size_t r = 0; r < side.vectors.size(); ++r) {
    if (!side.rated(r)) continue;
    const double weight = side.penalty(r, hyper);
    for (std::size_t f = 0; f < columns; ++f) {
      for (std::size_t g = 0; g < columns; ++g) a[f][g] += weight * side.features[r][f] * side.features[r][g];
      for (std::size_t i = 0; i < k; ++i) b[i][f] += weight * side.features[r][f] * side.vectors[r][i];
    }
  }
  for (std::size_t i = 0; i < k; ++i) {
    const std::vector<double> w = solve_dense(a, b[i]);
    for (std::size_t f = 0; f < columns; ++f) side.weights[f][i] = w[f];
  }
  set_unrated(side);
}

/// The minimum in all z and w of a side at once, as one system of (rated rows + features) · k unknowns.
inline void feature_ials_joint(const FeatureSide& fixed, const Hyper& hyper, FeatureSide& side) {
  const std::size_t rows = side.vectors.size(), columns = side.weights.size(), k = side.vectors[0].size();
  const std::size_t unknowns = (rows + columns) * k;  // z by row, then w
  Dense h(unknowns, std::vector<double>(unknowns, 0));
  std::vector<double> target(unknowns, 0);
  for (std::size_t r = 0; r < rows; ++r) {
    std::vector<std::pair<std::size_t, double>> read = {{r, 1}};
    for (std::size_t f = 0; f < columns; ++f) read.emplace_back(rows + f, side.features[r][f]);
    for (std::size_t i = 0; i < k; ++i) h[r * k + i][r * k + i] += side.rated(r) ? side.penalty(r, hyper) : 1;
    if (!side.rated(r)) continue;  // z is 0
    const auto [a, b] = pairs_of_row(side, r, fixed, hyper);
    for (const auto& [p, x] : read) {
      for (std::size_t i = 0; i < k; ++i) {
        target[p * k + i] += x * b[i];
        for (const auto& [q, y] : read) {
          for (std::size_t j = 0; j < k; ++j) h[p * k + i][q * k + j] += x * y * a[i][j];
        }
      }
    }
  }
  for (std::size_t n = rows * k; n < unknowns; ++n) h[n][n] += side.feature_penalty(hyper);
  const std::vector<double> solution = solve_dense(h, target);
  for (std::size_t f = 0; f < columns; ++f) {
    for (std::size_t i = 0; i < k; ++i) side.weights[f][i] = solution[(rows + f) * k + i];
  }
  for (std::size_t r = 0; r < rows; ++r) {
    const std::vector<double> said = side.said(r);
    for (std::size_t i = 0; i < k; ++i) side.vectors[r][i] = said[i] + solution[r * k + i];
  }
}

}  // namespace embrace::test
