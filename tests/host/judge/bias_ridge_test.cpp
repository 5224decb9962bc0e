// The ridge against the normal equations written out and solved by elimination in double.
#include "host/judge/bias_ridge.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <utility>
#include <vector>

#include "host/random.hpp"

namespace embrace::judge {
namespace {

constexpr std::int64_t users = 23, items = 17, columns = 5, habits = 2;

/// Columns of a pair that depend on both, on the user alone and on the item alone.
float column(std::int32_t user, std::int32_t item, std::int64_t c) {
  const Random random(5, Stream::features);
  const auto u = static_cast<std::uint64_t>(user), i = static_cast<std::uint64_t>(item);
  const std::uint64_t counter = c == 0 ? u : c == 1 ? 1000 + i : 10000 + u * 100 + i;
  return static_cast<float>(random.normal(counter, static_cast<std::uint32_t>(c)));
}

Csr some_ratings() {
  Array<std::int32_t> rows, cols;
  Array<float> values;
  const Random random(6, Stream::features);
  for (std::int32_t u = 0; u + 1 < users; ++u) {  // the last user has none
    for (std::int32_t i = 0; i < items; ++i) {
      const auto counter = static_cast<std::uint64_t>(u * items + i);
      if (random.uniform(counter) > 0.4) continue;
      rows.push_back(u);
      cols.push_back(i);
      values.push_back(3 + column(u, i, 1) + static_cast<float>(random.normal(counter, 9)));
    }
  }
  return csr_from_triples(users, items, rows, cols, values);
}

/// x of A x = b by Gauss and Jordan with pivots.
std::vector<double> solve(std::vector<std::vector<double>> a, std::vector<double> b) {
  const std::size_t n = b.size();
  for (std::size_t p = 0; p < n; ++p) {
    std::size_t best = p;
    for (std::size_t r = p; r < n; ++r) {
      if (std::abs(a[r][p]) > std::abs(a[best][p])) best = r;
    }
    std::swap(a[p], a[best]);
    std::swap(b[p], b[best]);
    for (std::size_t r = 0; r < n; ++r) {
      if (r == p) continue;
      const double share = a[r][p] / a[p][p];
      for (std::size_t c = p; c < n; ++c) a[r][c] -= share * a[p][c];
      b[r] -= share * b[p];
    }
  }
  for (std::size_t r = 0; r < n; ++r) b[r] /= a[r][r];
  return b;
}

/// Unknowns: constant, weights, user biases, item biases; these two without their means over the ratings.
std::vector<double> reference(const Csr& ratings, double bias_penalty, double weight_penalty) {
  const std::size_t n = 1 + columns + users + items;
  std::vector<std::vector<double>> a(n, std::vector<double>(n, 0.0));
  std::vector<double> b(n, 0.0);
  for (std::int32_t u = 0; u < users; ++u) {
    const auto indices = ratings.view().row_indices(u);
    for (std::int64_t e = 0; e < indices.size(); ++e) {
      std::vector<double> x(n, 0.0);
      x[0] = 1;
      for (std::int64_t c = 0; c < columns; ++c)
        x[1 + static_cast<std::size_t>(c)] = static_cast<double>(column(u, indices[e], c));
      x[1 + columns + static_cast<std::size_t>(u)] = 1;
      x[1 + columns + users + static_cast<std::size_t>(indices[e])] = 1;
      for (std::size_t r = 0; r < n; ++r) {
        for (std::size_t c = 0; c < n; ++c) a[r][c] += x[r] * x[c];
        b[r] += x[r] * static_cast<double>(ratings.view().row_values(u)[e]);
      }
    }
  }
  const std::vector<std::vector<double>> sums = a;  // a[0][r]: how often a bias is met
  for (std::size_t r = 1; r < n; ++r) a[r][r] += r <= columns - habits ? weight_penalty : bias_penalty;
  std::vector<double> x = solve(a, b);
  for (const auto& [begin, end] :
       {std::pair{1 + columns, 1 + columns + users}, std::pair{1 + columns + users, static_cast<std::int64_t>(n)}}) {
    double mean = 0;
    for (auto r = static_cast<std::size_t>(begin); r < static_cast<std::size_t>(end); ++r)
      mean += sums[0][r] * x[r] / sums[0][0];
    x[0] += mean;
    for (auto r = static_cast<std::size_t>(begin); r < static_cast<std::size_t>(end); ++r) {
      if (sums[0][r] > 0) x[r] -= mean;
    }
  }
  return x;
}

TEST(BiasRidge, SolvesTheNormalEquations) {
  const Csr ratings = some_ratings();
  Threads threads(2);
  const BiasRidge ridge(
      ratings.view(), columns, habits,
      [](auto pair_users, auto pair_items, MatrixView out) {
        for (std::int64_t p = 0; p < pair_users.size(); ++p) {
          for (std::int64_t c = 0; c < columns; ++c) out(p, c) = column(pair_users[p], pair_items[p], c);
        }
      },
      threads);
  for (const double weight_penalty : {0.5, 20.0}) {
    for (const double bias_penalty : {0.3, 8.0}) {
      const RidgeSolution found = ridge.solve(bias_penalty, weight_penalty);
      const std::vector<double> wanted = reference(ratings, bias_penalty, weight_penalty);
      // <x, x'> is summed in float over blocks of 256 pairs: 256 · 2^-24 relative at most, about 1e-6 as it comes.
      constexpr double tolerance = 2e-5;
      EXPECT_NEAR(found.intercept, wanted[0], tolerance);
      for (std::size_t c = 0; c < columns; ++c) EXPECT_NEAR(found.weights[c], wanted[1 + c], tolerance) << c;
      for (std::size_t u = 0; u < users; ++u) EXPECT_NEAR(found.user_bias[u], wanted[1 + columns + u], tolerance) << u;
      for (std::size_t i = 0; i < items; ++i) {
        EXPECT_NEAR(found.item_bias[i], wanted[1 + columns + users + i], tolerance) << i;
      }
    }
  }
}

TEST(BiasRidge, GivesTheSameBitsForAnyNumberOfThreads) {
  const Csr ratings = some_ratings();
  const auto fill = [](auto pair_users, auto pair_items, MatrixView out) {
    for (std::int64_t p = 0; p < pair_users.size(); ++p) {
      for (std::int64_t c = 0; c < columns; ++c) out(p, c) = column(pair_users[p], pair_items[p], c);
    }
  };
  Threads one(1), three(3);
  const RidgeSolution a = BiasRidge(ratings.view(), columns, habits, fill, one).solve(2, 1);
  const RidgeSolution b = BiasRidge(ratings.view(), columns, habits, fill, three).solve(2, 1);
  EXPECT_EQ(a.intercept, b.intercept);
  EXPECT_EQ(a.weights, b.weights);
  EXPECT_EQ(a.user_bias, b.user_bias);
  EXPECT_EQ(a.item_bias, b.item_bias);
}

TEST(BiasRidge, WithoutColumnsAUserWithoutRatingsHasNoBias) {
  const Csr ratings = some_ratings();
  Threads threads(1);
  const RidgeSolution found = BiasRidge(ratings.view(), 0, 0, {}, threads).solve(5, 0);
  EXPECT_TRUE(found.weights.empty());
  EXPECT_EQ(found.user_bias[users - 1], 0.0);
}

}  // namespace
}  // namespace embrace::judge
