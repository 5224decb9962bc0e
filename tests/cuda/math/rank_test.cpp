// Lists from scores in memory against a plain sort; ties are many, since scores are small whole numbers.
#include "cuda/math/rank.hpp"

#include <cmath>
#include <limits>
#include <numeric>
#include <stdexcept>

#include "cuda/learning/embedding.hpp"
#include "cuda/math/scoring.hpp"
#include "host/error.hpp"
#include "host/random.hpp"
#include "host/sparse.hpp"
#include "tests/cuda/plain_lists.hpp"

namespace embrace::gpu {
namespace {

constexpr float infinity = std::numeric_limits<float>::infinity();

Csr no_masks(std::int64_t users, std::int64_t items) { return csr_from_triples(users, items, {}, {}, {}); }

class RankTest : public test::GpuTest {
 protected:
  DeviceMatrix upload(const Matrix& scores) {
    DeviceMatrix matrix(device(), scores.rows(), scores.columns());
    matrix.upload(device(), scores.view());
    return matrix;
  }
  /// Users are taken backwards, so that a row is not its user.
  void expect_sorted(const Matrix& scores, const Csr& mask, std::int64_t depth) {
    std::vector<std::int32_t> users(static_cast<std::size_t>(scores.rows()));
    std::iota(users.rbegin(), users.rend(), 0);
    const DeviceMatrix on = upload(scores);
    test::expect_lists(
        device(), users, mask, depth, [&](std::int64_t r, std::int64_t i) { return static_cast<double>(scores(r, i)); },
        [&](const Ranking& ranking) { rank_scores(device(), on.view(), ranking); });
  }
};

/// `kinds` different scores, both signs, zeros of both signs.
Matrix some_scores(std::int64_t rows, std::int64_t items, std::uint64_t kinds) {
  const Random random(8, Stream::sampling);
  Matrix scores(rows, items);
  const std::uint64_t half = kinds / 2;
  const auto middle = static_cast<float>(half);
  for (std::int64_t i = 0; i < scores.size(); ++i) {
    const auto number = static_cast<float>(random.below(kinds, static_cast<std::uint64_t>(i), 0)) - middle;
    scores.data()[i] = number == 0 && i % 2 == 0 ? -0.0F : number * 0.37F;
  }
  return scores;
}

TEST_F(RankTest, ListsOfEveryLength) {
  for (const std::int64_t items : {1, 31, 32, 33, 127, 128, 129, 257, 3000}) {
    for (const std::int64_t depth : {1, 2, 10, 31, 32, 33, 100}) {
      expect_sorted(some_scores(5, items, 40), no_masks(5, items), depth);
      expect_sorted(some_scores(2, items, 1U << 30U), test::some_masks(2, items), depth);
    }
  }
  expect_sorted(some_scores(2, 3000, 1U << 20U), test::some_masks(2, 3000), longest_list);
}

TEST_F(RankTest, AllScoresEqualAreRankedByItem) {
  Matrix scores(3, 5000);
  for (std::int64_t i = 0; i < scores.size(); ++i) scores.data()[i] = 1.5F;
  expect_sorted(scores, no_masks(3, 5000), 100);
  expect_sorted(scores, test::some_masks(3, 5000), 100);
}

TEST_F(RankTest, ZerosOfBothSignsAreOneScore) {
  Matrix scores(2, 300);
  for (std::int64_t i = 0; i < scores.size(); ++i) scores.data()[i] = i % 3 == 0 ? -0.0F : 0.0F;
  for (const std::int64_t depth : {5, 50, 250}) expect_sorted(scores, no_masks(2, 300), depth);
}

// Whatever comes is better than all before it: candidates are weeded out as often as can be.
TEST_F(RankTest, ScoresThatAscendAndDescend) {
  Matrix scores(2, 5000);
  for (std::int64_t i = 0; i < 5000; ++i) {
    const std::int64_t third = i / 3;  // three items of one score
    scores(0, i) = static_cast<float>(third) - 700.0F;
    scores(1, i) = -scores(0, i);
  }
  for (const std::int64_t depth : {1, 10, 100}) expect_sorted(scores, test::some_masks(2, 5000), depth);
}

TEST_F(RankTest, MasksOfEveryShape) {
  for (const std::int64_t items : {1, 127, 128, 129, 700}) {
    expect_sorted(some_scores(40, items, 9), test::some_masks(40, items), 10);
  }
}

TEST_F(RankTest, NothingLeftGivesAnEmptyList) {
  const std::vector<std::int32_t> row(50, 0);
  std::vector<std::int32_t> column(50);
  std::iota(column.begin(), column.end(), 0);
  expect_sorted(some_scores(1, 50, 9), csr_from_triples(1, 50, row, column, std::vector<float>(50, 1.0F)), 10);
  expect_sorted(Matrix(2, 0), no_masks(2, 0), 10);
  expect_sorted(Matrix(0, 10), no_masks(0, 10), 10);
}

// Of a masked item, too.
TEST_F(RankTest, ScoresThatAreNotFiniteAndListsTooLongAreRefused) {
  const std::vector<std::int32_t> users = {0};
  const Csr mask =
      csr_from_triples(1, 400, std::vector<std::int32_t>{0}, std::vector<std::int32_t>{17}, std::vector<float>{1.0F});
  std::vector<ScoredItem> lists(10);
  for (const float wrong : {infinity, -infinity, std::nanf("")}) {
    for (const std::int64_t item : {0, 17, 399}) {
      Matrix scores = some_scores(1, 400, 100);
      scores(0, item) = wrong;
      const DeviceMatrix on = upload(scores);
      const Ranker rank = [&](const Ranking& ranking) { rank_scores(device(), on.view(), ranking); };
      EXPECT_THROW(rank_users(device(), rank, users, mask.view(), 10, lists), Diverged);
    }
  }
  const DeviceMatrix on = upload(some_scores(1, 400, 100));
  const auto chosen = on_device(users);
  DeviceBuffer<ScoredItem> many(device(), longest_list + 1);
  const DeviceCsr left_out(device(), mask.view());
  EXPECT_THROW(rank_scores(device(), on.view(), {chosen.span(), left_out.view(), longest_list + 1, many.span()}),
               std::invalid_argument);
}

// More scores than are held at a time: user u's score of item i is u (i mod 7), so that her best are items 6, 13, 20.
TEST_F(RankTest, UsersAreTakenInParts) {
  constexpr std::int64_t count = 4300, items = 2000;
  Matrix factors_of_users(count, 1), factors_of_items(items, 1);
  std::vector<std::int32_t> users;
  for (std::int64_t u = 0; u < count; ++u) {
    factors_of_users(u, 0) = static_cast<float>(u + 1);
    users.push_back(static_cast<std::int32_t>(count - 1 - u));
  }
  for (std::int64_t i = 0; i < items; ++i) factors_of_items(i, 0) = static_cast<float>(i % 7);
  DeviceEmbedding model{upload(factors_of_users), upload(factors_of_items), {}, {}, 0};
  int parts = 0;
  const Scorer score = [&](DeviceSpan<const std::int32_t> chosen, DeviceMatrixView<float> out) {
    score_items(device(), model.view(), chosen, out);
    ++parts;
  };
  const Csr mask = csr_from_triples(count, items, std::vector<std::int32_t>{0, count - 1},
                                    std::vector<std::int32_t>{13, 6}, std::vector<float>(2, 1.0F));
  std::vector<ScoredItem> lists(3 * count);
  ASSERT_TRUE(rank_users(device(), score, users, mask.view(), 3, lists));
  EXPECT_GT(parts, 1);
  Matrix scores(count, items);
  score_users(device(), score, users, scores.view());
  for (std::int64_t u = 0; u < count; ++u) {
    const std::int32_t user = users[static_cast<std::size_t>(u)];
    std::vector<std::int32_t> best = {6, 13, 20};
    if (user == 0) best = {6, 20, 27};
    if (user == count - 1) best = {13, 20, 27};
    for (std::size_t d = 0; d < 3; ++d) {
      const ScoredItem& place = lists[static_cast<std::size_t>(3 * u) + d];
      ASSERT_EQ(place.item, best[d]) << "user " << user;
      ASSERT_EQ(place.score, 6.0F * static_cast<float>(user + 1));
      ASSERT_EQ(scores(u, best[d]), place.score);
    }
    ASSERT_EQ(scores(u, items - 1), static_cast<float>(user + 1) * static_cast<float>((items - 1) % 7));
  }
  EXPECT_FALSE(rank_users(device(), score, users, mask.view(), longest_list + 1, lists));
}

}  // namespace
}  // namespace embrace::gpu
