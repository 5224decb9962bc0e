// ease against plain elimination in double, and what is particular to it.
#include <gtest/gtest.h>

#include <cmath>

#include "host/error.hpp"
#include "host/matrix.hpp"
#include "tests/planted.hpp"
#include "tests/reference/plain_inverse.hpp"
#include "tests/same_bits.hpp"

namespace embrace {
namespace {

using test::Data;
using test::Dense;
using test::Options;
using test::Pairs;
using test::Planted;
using test::Trained;

Trained train(const Data& data, double regularization) {
  return {*find_method("ease"), Task::ranking, data, {.settings = {{"regularization", regularization}}}};
}

/// Steck 2019, equation 8, of whatever was rated.
Dense plain_weights(CsrView ratings, double regularization) {
  const auto items = static_cast<std::size_t>(ratings.columns);
  Dense gram(items, std::vector<double>(items));
  for (std::int64_t u = 0; u < ratings.rows; ++u) {
    for (const std::int32_t a : ratings.row_indices(u)) {
      for (const std::int32_t b : ratings.row_indices(u)) {
        gram[static_cast<std::size_t>(a)][static_cast<std::size_t>(b)] += 1;
      }
    }
  }
  for (std::size_t i = 0; i < items; ++i) gram[i][i] += regularization;
  const Dense p = test::plain_inverse(gram);
  Dense weights = p;
  for (std::size_t i = 0; i < items; ++i) {
    for (std::size_t j = 0; j < items; ++j) weights[i][j] = i == j ? 0 : -p[i][j] / p[j][j];
  }
  return weights;
}

/// Scores of all items by the items that `ratings` says a user has.
std::vector<double> plain_scores(const Dense& weights, CsrView ratings, std::int32_t user) {
  std::vector<double> scores(weights.size());
  for (const std::int32_t j : ratings.row_indices(user)) {
    for (std::size_t i = 0; i < scores.size(); ++i) scores[i] += weights[static_cast<std::size_t>(j)][i];
  }
  return scores;
}

std::vector<float> scores_of(const Trained& trained, std::int32_t user, std::int64_t items) {
  std::vector<float> scores(static_cast<std::size_t>(items));
  trained.trainer().score({&user, 1}, {scores.data(), 1, items, items});
  return scores;
}

const Planted& planted() {
  static const Planted instance;
  return instance;
}

TEST(Ease, ScoresAreThoseOfTheClosedForm) {
  const Data data(Planted::users, Planted::items, planted().seen);
  for (const double regularization : {1.0, 50.0}) {
    const Trained trained = train(data, regularization);
    const Dense weights = plain_weights(data.ratings.view(), regularization);
    for (const std::int32_t user : {0, 7, static_cast<std::int32_t>(Planted::users) - 1}) {
      const std::vector<double> expected = plain_scores(weights, data.ratings.view(), user);
      const std::vector<float> scores = scores_of(trained, user, Planted::items);
      for (std::size_t i = 0; i < expected.size(); ++i) {
        // 100 items with up to 200 ratings each: the condition is below 100 · 200 / λ, relative errors of weights below
        // 100 · 2^-24 times that for λ = 1 if all roundings agree, a hundredth of it as they do not; sums of 40
        // weights.
        EXPECT_NEAR(static_cast<double>(scores[i]), expected[i], 1e-4) << "user " << user << ", item " << i;
      }
    }
  }
}

TEST(Ease, TheObjectiveIsTheLossOfTheWeights) {
  const Data data(Planted::users, Planted::items, planted().seen);
  const CsrView ratings = data.ratings.view();
  const Dense weights = plain_weights(ratings, 20);
  double loss = 0;
  for (const auto& row : weights) {
    for (const double weight : row) loss += 20 * weight * weight;
  }
  for (std::int32_t u = 0; u < ratings.rows; ++u) {
    std::vector<double> rest = plain_scores(weights, ratings, u);
    for (const std::int32_t i : ratings.row_indices(u)) rest[static_cast<std::size_t>(i)] -= 1;
    for (const double r : rest) loss += r * r;
  }
  loss /= static_cast<double>(ratings.entries());
  // 1 / P_jj - λ loses what P_jj has of relative error times 1 + λ / loss: 1e-6 · 100.
  EXPECT_NEAR(train(data, 20).results().back().objective, loss, 1e-4 * loss);
}

/// Moon, Kim, Lee 2023: the multipliers of the diagonal's bound, from the inverse with dropout's ridge.
struct Relaxed {
  Dense weights;
  std::vector<double> ridge;
};
Relaxed plain_relaxed(CsrView ratings, double regularization, double dropout, double diagonal) {
  const auto items = static_cast<std::size_t>(ratings.columns);
  Dense gram(items, std::vector<double>(items));
  for (std::int64_t u = 0; u < ratings.rows; ++u) {
    for (const std::int32_t a : ratings.row_indices(u)) {
      for (const std::int32_t b : ratings.row_indices(u)) {
        gram[static_cast<std::size_t>(a)][static_cast<std::size_t>(b)] += 1;
      }
    }
  }
  Relaxed relaxed{gram, {}};
  for (std::size_t i = 0; i < items; ++i) {
    relaxed.ridge.push_back(regularization + gram[i][i] * dropout / (1 - dropout));
    gram[i][i] += relaxed.ridge[i];
  }
  const Dense p = test::plain_inverse(gram);
  for (std::size_t j = 0; j < items; ++j) {
    const bool bound = 1 - relaxed.ridge[j] * p[j][j] > diagonal;
    const double multiplier = bound ? (1 - diagonal) / p[j][j] - relaxed.ridge[j] : 0;
    for (std::size_t i = 0; i < items; ++i) {
      relaxed.weights[i][j] = (i == j ? 1 : 0) - p[i][j] * (relaxed.ridge[j] + multiplier);
    }
  }
  return relaxed;
}

TEST(Ease, DropoutAndARelaxedDiagonalAreThoseOfTheClosedForm) {
  const Data data(Planted::users, Planted::items, planted().seen);
  const CsrView ratings = data.ratings.view();
  for (const auto& [dropout, diagonal] : {std::pair{0.3, 0.0}, std::pair{0.0, 0.2}, std::pair{0.3, 0.2}}) {
    const Trained trained{*find_method("ease"),
                          Task::ranking,
                          data,
                          {.settings = {{"regularization", 20}, {"dropout", dropout}, {"diagonal", diagonal}}}};
    const auto [weights, ridge] = plain_relaxed(ratings, 20, dropout, diagonal);
    double loss = 0;
    for (std::size_t i = 0; i < weights.size(); ++i) {
      EXPECT_LE(weights[i][i], diagonal + 1e-9);
      for (const double weight : weights[i]) loss += ridge[i] * weight * weight;
    }
    for (std::int32_t u = 0; u < ratings.rows; ++u) {
      std::vector<double> rest = plain_scores(weights, ratings, u);
      if (u % 50 == 7) {
        const std::vector<float> scores = scores_of(trained, u, Planted::items);
        for (std::size_t i = 0; i < rest.size(); ++i) EXPECT_NEAR(static_cast<double>(scores[i]), rest[i], 1e-4) << i;
      }
      for (const std::int32_t i : ratings.row_indices(u)) rest[static_cast<std::size_t>(i)] -= 1;
      for (const double r : rest) loss += r * r;
    }
    loss /= static_cast<double>(ratings.entries());
    EXPECT_NEAR(trained.results().back().objective, loss, 1e-4 * loss);
  }
}

TEST(Ease, ValuesOfRatingsDoNotMatter) {
  Pairs other = planted().seen;
  for (float& value : other.values) value = 1 + value * value;
  const Data data(Planted::users, Planted::items, planted().seen), changed(Planted::users, Planted::items, other);
  EXPECT_EQ(scores_of(train(data, 10), 5, Planted::items), scores_of(train(changed, 10), 5, Planted::items));
}

TEST(Ease, AUserIsScoredByWhatWasFoldedIn) {
  Pairs known;
  for (const std::int32_t item : {3, 8, 12}) known.add(6, item, 1);
  const Data data(Planted::users, Planted::items, planted().seen), folded(Planted::users, Planted::items, known);
  const Trained trained = train(data, 10);
  const std::vector<float> of_another = scores_of(trained, 7, Planted::items);
  {
    const Csr gone_soon = folded.ratings;
    trained.trainer().fold_in(gone_soon.view());
  }
  const Dense weights = plain_weights(data.ratings.view(), 10);
  const std::vector<double> expected = plain_scores(weights, folded.ratings.view(), 6);
  const std::vector<float> scores = scores_of(trained, 6, Planted::items);
  for (std::size_t i = 0; i < expected.size(); ++i) {
    EXPECT_NEAR(static_cast<double>(scores[i]), expected[i], 1e-5);  // three weights, λ = 10
  }
  EXPECT_EQ(scores_of(trained, 7, Planted::items), of_another);
}

TEST(Ease, AUserWithoutRatingsScoresZero) {
  Pairs pairs;
  pairs.add(0, 0, 1);
  pairs.add(0, 1, 1);
  const Data data(2, 3, pairs);
  EXPECT_EQ(scores_of(train(data, 1), 1, 3), std::vector<float>(3, 0.0F));
}

TEST(Ease, TooManyItemsAreToldBeforeTheyAreHeld) {
  if (test::sanitized) GTEST_SKIP() << "sanitizers end the program at such a request";
  const Csr ratings{{0, 0}, {}, {}, 100'000'000}, by_item;
  const std::vector<std::int64_t> order;
  const Hyper hyper = make_hyper(*find_method("ease"), Task::ranking, {});
  Threads threads(1);
  try {
    find_method("ease")->cpu({.ratings = ratings.view(),
                              .by_item = by_item.view(),
                              .by_item_order = order,
                              .task = Task::ranking,
                              .hyper = hyper,
                              .seed = 1,
                              .threads = threads});
    FAIL() << "a matrix of 40 PB was had";
  } catch (const OutOfMemory& error) {
    EXPECT_STREQ(error.what(),
                 "ease holds a weight for each pair of the 100000000 items, 37252903.0 GiB, more than is free; methods "
                 "of vectors, such as ials, need less, and so do fewer items");
  }
}

}  // namespace
}  // namespace embrace
