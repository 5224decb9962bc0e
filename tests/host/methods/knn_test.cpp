// item-knn and user-knn against plain loops in double.
#include <gtest/gtest.h>

#include <string>

#include "host/learning/biases.hpp"
#include "host/matrix.hpp"
#include "tests/planted.hpp"
#include "tests/reference/plain_neighbors.hpp"

namespace embrace {
namespace {

using test::Data;
using test::Dense;
using test::Pairs;
using test::Planted;
using test::Trained;

constexpr double neighbors = 17, shrinkage = 3, exponent = 0.4, damping = 0.7;

const Planted& planted() {
  static const Planted instance;
  return instance;
}

Trained train(const std::string& method, Task task, const Data& data) {
  return {
      *find_method(method),
      task,
      data,
      {.settings = {{"neighbors", neighbors}, {"shrinkage", shrinkage}, {"exponent", exponent}, {"damping", damping}}}};
}

/// x of what is rated, 0 elsewhere.
Dense plain_values(CsrView ratings, Task task, const Dense& biases) {
  Dense values = test::dense_of(ratings);
  for (std::int64_t u = 0; u < ratings.rows; ++u) {
    for (const std::int32_t i : ratings.row_indices(u)) {
      double& value = values[static_cast<std::size_t>(u)][static_cast<std::size_t>(i)];
      value = task == Task::rating ? value - biases[static_cast<std::size_t>(u)][static_cast<std::size_t>(i)] : 1;
    }
  }
  return values;
}

/// Scores of all pairs by the formulas.
Dense plain_scores(const std::string& method, Task task, CsrView ratings) {
  const Dense biases =
      test::plain_biases(ratings, Biases::user_regularization, Biases::item_regularization, Biases::sweeps);
  const Dense x = plain_values(ratings, task, biases), rated = plain_values(ratings, Task::ranking, biases);
  const test::PlainNeighbors settings{static_cast<std::size_t>(neighbors), shrinkage, exponent};
  const bool items = method == "item-knn";
  const Dense s = items ? test::plain_neighbors(test::turned(x), test::turned(x), true, settings)
                        : test::plain_neighbors(x, x, true, settings);
  Dense scores(x.size(), std::vector<double>(x[0].size()));
  for (std::size_t u = 0; u < x.size(); ++u) {
    for (std::size_t i = 0; i < x[u].size(); ++i) {
      double sum = 0, weight = 0;
      for (std::size_t n = 0; n < (items ? x[u].size() : x.size()); ++n) {
        const double similarity = items ? s[i][n] : s[u][n];
        sum += similarity * (items ? x[u][n] : x[n][i]);
        weight += similarity * (items ? rated[u][n] : rated[n][i]);
      }
      scores[u][i] = task == Task::ranking ? sum : biases[u][i] + (weight > 0 ? sum / (weight + damping) : 0);
    }
  }
  return scores;
}

class Knn : public testing::TestWithParam<const char*> {};
INSTANTIATE_TEST_SUITE_P(Both, Knn, testing::Values("item-knn", "user-knn"),
                         [](const auto& test) { return std::string(test.param).substr(0, 4); });

TEST_P(Knn, ScoresAreThoseOfTheFormula) {
  const Data data(Planted::users, Planted::items, planted().seen);
  for (const Task task : {Task::rating, Task::ranking}) {
    const Trained trained = train(GetParam(), task, data);
    const Dense expected = plain_scores(GetParam(), task, data.ratings.view());
    for (const std::int32_t user : {0, 7, static_cast<std::int32_t>(Planted::users) - 1}) {
      std::vector<float> scores(Planted::items);
      trained.trainer().score({&user, 1}, {scores.data(), 1, Planted::items, Planted::items});
      for (std::size_t i = 0; i < scores.size(); ++i) {
        // Similarities are below 1 and sums of some forty of them; residuals of biases in float are 1e-6 off.
        EXPECT_NEAR(static_cast<double>(scores[i]), expected[static_cast<std::size_t>(user)][i], 2e-5)
            << to_text(task) << ", user " << user << ", item " << i;
      }
    }
  }
}

TEST_P(Knn, AUserIsPredictedByWhatWasFoldedIn) {
  constexpr std::int32_t newcomer = 6;
  Pairs others, all;
  for (std::size_t p = 0; p < planted().seen.users.size(); ++p) {
    const std::int32_t user = planted().seen.users[p];
    if (user != newcomer) others.add(user, planted().seen.items[p], static_cast<double>(planted().seen.values[p]));
  }
  Pairs known;
  for (const std::int32_t item : {3, 8, 12}) known.add(newcomer, item, 4);
  const Data data(Planted::users, Planted::items, others), folded(Planted::users, Planted::items, known);
  const Trained trained = train(GetParam(), Task::ranking, data);
  {
    const Csr gone_soon = folded.ratings;
    trained.trainer().fold_in(gone_soon.view());
  }
  // The newcomer is nobody's neighbour, and items are as like each other as before.
  const Dense x = plain_values(data.ratings.view(), Task::ranking, {});
  const Dense of_newcomer = plain_values(folded.ratings.view(), Task::ranking, {});
  const test::PlainNeighbors settings{static_cast<std::size_t>(neighbors), shrinkage, exponent};
  const bool items = std::string(GetParam()) == "item-knn";
  const Dense s = items ? test::plain_neighbors(test::turned(x), test::turned(x), true, settings)
                        : test::plain_neighbors(of_newcomer, x, false, settings);
  std::vector<float> scores(Planted::items);
  trained.trainer().score({&newcomer, 1}, {scores.data(), 1, Planted::items, Planted::items});
  for (std::size_t i = 0; i < scores.size(); ++i) {
    double expected = 0;
    for (std::size_t n = 0; n < (items ? scores.size() : x.size()); ++n) {
      expected += items ? s[i][n] * of_newcomer[newcomer][n] : s[newcomer][n] * x[n][i];
    }
    EXPECT_NEAR(static_cast<double>(scores[i]), expected, 1e-5) << i;
  }
}

TEST_P(Knn, AUserWithoutRatingsScoresZeroInRankings) {
  Pairs pairs;
  pairs.add(0, 0, 1);
  pairs.add(0, 1, 1);
  const Data data(2, 3, pairs);
  const Trained trained = train(GetParam(), Task::ranking, data);
  const std::int32_t user = 1;
  std::vector<float> scores(3, 1.0F);
  trained.trainer().score({&user, 1}, {scores.data(), 1, 3, 3});
  EXPECT_EQ(scores, std::vector<float>(3, 0.0F));
}

}  // namespace
}  // namespace embrace
