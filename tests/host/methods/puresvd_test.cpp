// puresvd against a plain SVD in double.
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/planted.hpp"
#include "tests/reference/plain_neighbors.hpp"
#include "tests/reference/plain_svd.hpp"

namespace embrace {
namespace {

using test::Data;
using test::Dense;
using test::Pairs;
using test::Planted;
using test::Trained;

constexpr std::size_t factors = 2;  // the two clusters: what is behind lies close together

/// x V Vᵀ of a user.
std::vector<double> plain_scores(const Dense& vectors, const std::vector<double>& x) {
  std::vector<double> scores(x.size());
  for (std::size_t k = 0; k < factors; ++k) {
    double along = 0;
    for (std::size_t i = 0; i < x.size(); ++i) along += x[i] * vectors[k][i];
    for (std::size_t i = 0; i < x.size(); ++i) scores[i] += along * vectors[k][i];
  }
  return scores;
}

TEST(PureSvd, ScoresAreThoseOfTheLargestSingularVectors) {
  const Planted planted;
  Pairs others = planted.seen, ones = planted.seen;
  std::fill(ones.values.begin(), ones.values.end(), 1.0F);
  const Data data(Planted::users, Planted::items, others), binary(Planted::users, Planted::items, ones);
  const Dense x = test::dense_of(binary.ratings.view());
  const test::PlainSvd svd = test::plain_svd(x);
  const Trained trained{*find_method("puresvd"), Task::ranking, data, {.settings = {{"factors", factors}}}};
  Pairs known;
  for (const std::int32_t item : {3, 8, 12}) known.add(6, item, 1);
  const Data folded(Planted::users, Planted::items, known);
  const Dense x_after = test::dense_of(folded.ratings.view());
  for (const bool after : {false, true}) {
    if (after) trained.trainer().fold_in(folded.ratings.view());
    for (const std::int32_t user : {0, 6, static_cast<std::int32_t>(Planted::users) - 1}) {
      const std::vector<double>& has = (after && user == 6 ? x_after : x)[static_cast<std::size_t>(user)];
      const std::vector<double> expected = plain_scores(svd.right, has);
      std::vector<float> scores(Planted::items);
      trained.trainer().score({&user, 1}, {scores.data(), 1, Planted::items, Planted::items});
      // Vectors of values apart by a half are found to 1e-5 by the third iteration.
      for (std::size_t i = 0; i < has.size(); ++i) EXPECT_NEAR(static_cast<double>(scores[i]), expected[i], 1e-4) << i;
    }
  }
  double square = 0;
  for (std::size_t k = 0; k < factors; ++k) square += svd.values[k] * svd.values[k];
  EXPECT_NEAR(trained.results().back().objective, 1 - square / static_cast<double>(ones.size()), 1e-5);
}

}  // namespace
}  // namespace embrace
