// Nearest neighbours and what they say, in double: all similarities of all rows, a sort, and the formulas. Nothing here
// may be made clever; it is what the fast code is judged by.
#pragma once
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <utility>
#include <vector>

#include "host/views.hpp"
#include "tests/reference/alternating_reference.hpp"

namespace embrace::test {

inline Dense dense_of(CsrView matrix) {
  Dense out(static_cast<std::size_t>(matrix.rows), std::vector<double>(static_cast<std::size_t>(matrix.columns)));
  for (std::int64_t r = 0; r < matrix.rows; ++r) {
    for (std::int64_t e = matrix.offsets[r]; e < matrix.offsets[r + 1]; ++e) {
      out[static_cast<std::size_t>(r)][static_cast<std::size_t>(matrix.indices[e])] +=
          static_cast<double>(matrix.values[e]);
    }
  }
  return out;
}

inline Dense turned(const Dense& a) {
  Dense out(a.empty() ? 0 : a[0].size(), std::vector<double>(a.size()));
  for (std::size_t r = 0; r < a.size(); ++r) {
    for (std::size_t c = 0; c < a[r].size(); ++c) out[c][r] = a[r][c];
  }
  return out;
}

struct PlainNeighbors {
  std::size_t count;
  double shrinkage, exponent;
};

/// s(a, b) of the kept neighbours b of each row a, 0 elsewhere.
inline Dense plain_neighbors(const Dense& rows, const Dense& others, bool same, const PlainNeighbors& settings) {
  const auto product = [](const std::vector<double>& a, const std::vector<double>& b) {
    double sum = 0;
    for (std::size_t c = 0; c < a.size(); ++c) sum += a[c] * b[c];
    return sum;
  };
  Dense kept(rows.size(), std::vector<double>(others.size()));
  for (std::size_t a = 0; a < rows.size(); ++a) {
    std::vector<std::pair<double, std::size_t>> all;
    for (std::size_t b = 0; b < others.size(); ++b) {
      const double common = product(rows[a], others[b]);
      if (common <= 0 || (same && a == b)) continue;
      all.emplace_back(-common / (std::pow(product(rows[a], rows[a]), settings.exponent) *
                                      std::pow(product(others[b], others[b]), 1 - settings.exponent) +
                                  settings.shrinkage),
                       b);
    }
    std::sort(all.begin(), all.end());
    for (std::size_t n = 0; n < std::min(all.size(), settings.count); ++n) kept[a][all[n].second] = -all[n].first;
  }
  return kept;
}

/// mean + b_u + b_i as Koren and Bell 2011, section 5.2.1, by `sweeps` alternating solves, items first.
inline Dense plain_biases(CsrView ratings, double user_regularization, double item_regularization, int sweeps) {
  const auto users = static_cast<std::size_t>(ratings.rows), items = static_cast<std::size_t>(ratings.columns);
  std::vector<double> b_u(users), b_i(items);
  double mean = 0;
  for (std::int64_t e = 0; e < ratings.entries(); ++e) mean += static_cast<double>(ratings.values[e]);
  mean /= static_cast<double>(std::max<std::int64_t>(1, ratings.entries()));
  for (int half = 0; half < 2 * sweeps; ++half) {
    const bool of_items = half % 2 == 0;
    std::vector<double> sum(of_items ? items : users), count(sum.size());
    for (std::size_t u = 0; u < users; ++u) {
      for (std::int64_t e = ratings.offsets[u]; e < ratings.offsets[u + 1]; ++e) {
        const auto i = static_cast<std::size_t>(ratings.indices[e]);
        sum[of_items ? i : u] += static_cast<double>(ratings.values[e]) - mean - (of_items ? b_u[u] : b_i[i]);
        count[of_items ? i : u] += 1;
      }
    }
    for (std::size_t r = 0; r < sum.size(); ++r) {
      (of_items ? b_i : b_u)[r] =
          count[r] > 0 ? sum[r] / (count[r] + (of_items ? item_regularization : user_regularization)) : 0;
    }
  }
  Dense biases(users, std::vector<double>(items));
  for (std::size_t u = 0; u < users; ++u) {
    for (std::size_t i = 0; i < items; ++i) biases[u][i] = mean + b_u[u] + b_i[i];
  }
  return biases;
}

}  // namespace embrace::test
