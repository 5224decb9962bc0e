// slim against plain coordinate descent in double, and what is particular to it.
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/planted.hpp"
#include "tests/reference/plain_neighbors.hpp"

namespace embrace {
namespace {

using test::Data;
using test::Dense;
using test::Pairs;
using test::Planted;
using test::Trained;

const Planted& planted() {
  static const Planted instance;
  return instance;
}

Dense ones_of(CsrView ratings) {
  Dense x(static_cast<std::size_t>(ratings.rows), std::vector<double>(static_cast<std::size_t>(ratings.columns)));
  for (std::int64_t u = 0; u < ratings.rows; ++u) {
    for (const std::int32_t i : ratings.row_indices(u)) x[static_cast<std::size_t>(u)][static_cast<std::size_t>(i)] = 1;
  }
  return x;
}

/// Row j: the weights to item j, by sweeps over all of them until they rest.
Dense plain_slim(const Dense& x, double l2, double l1) {
  const std::size_t items = x[0].size();
  Dense gram(items, std::vector<double>(items)), weights = gram;
  for (const auto& row : x) {
    for (std::size_t a = 0; a < items; ++a) {
      for (std::size_t b = 0; b < items; ++b) gram[a][b] += row[a] * row[b];
    }
  }
  for (std::size_t j = 0; j < items; ++j) {
    std::vector<double>& w = weights[j];
    for (int sweep = 0; sweep < 200; ++sweep) {
      for (std::size_t i = 0; i < items; ++i) {
        if (i == j) continue;
        double sum = gram[i][j];
        for (std::size_t k = 0; k < items; ++k) sum -= k == i ? 0 : gram[i][k] * w[k];
        w[i] = std::max(0.0, (sum - l1) / (gram[i][i] + l2));
      }
    }
  }
  return weights;
}

TEST(Slim, ScoresAndLossAreThoseOfTheMinimum) {
  const Data data(Planted::users, Planted::items, planted().seen);
  const Dense x = ones_of(data.ratings.view());
  for (const auto& [l2, l1] : {std::pair{5.0, 2.0}, std::pair{50.0, 0.0}}) {
    const Trained trained{
        *find_method("slim"), Task::ranking, data, {.settings = {{"regularization", l2}, {"l1", l1}}}};
    const Dense weights = plain_slim(x, l2, l1);
    double loss = 0;
    for (const auto& row : weights) {
      for (const double weight : row) loss += l2 / 2 * weight * weight + l1 * weight;
    }
    std::vector<float> scores(Planted::items);
    for (std::int32_t user = 0; user < Planted::users; ++user) {
      trained.trainer().score({&user, 1}, {scores.data(), 1, Planted::items, Planted::items});
      for (std::size_t j = 0; j < scores.size(); ++j) {
        double expected = 0;
        const auto& has = x[static_cast<std::size_t>(user)];
        for (std::size_t i = 0; i < scores.size(); ++i) expected += weights[j][i] * has[i];
        loss += (has[j] - expected) * (has[j] - expected) / 2;
        // Weights of 0.1 at most end within 1e-4 of the largest for each sweep left; a user sums forty.
        EXPECT_NEAR(static_cast<double>(scores[j]), expected, 2e-3) << user << ", " << j;
      }
    }
    loss /= static_cast<double>(planted().seen.size());
    EXPECT_NEAR(trained.results().back().objective, loss, 1e-5 * loss);  // flat at its minimum
  }
}

TEST(Slim, WhatIsNotWorthItsWeightHasNone) {
  const Data data(Planted::users, Planted::items, planted().seen);
  const Trained trained{*find_method("slim"), Task::ranking, data, {.settings = {{"l1", 1e6}}}};
  const std::int32_t user = 3;
  std::vector<float> scores(Planted::items, 1.0F);
  trained.trainer().score({&user, 1}, {scores.data(), 1, Planted::items, Planted::items});
  EXPECT_EQ(scores, std::vector<float>(Planted::items, 0.0F));
}

}  // namespace
}  // namespace embrace
