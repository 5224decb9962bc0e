// Heads of lists against a plain sort; ties are many, since scores are small whole numbers.
#include "cuda/math/rank.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>

#include "cuda/learning/embedding.hpp"
#include "cuda/math/scoring.hpp"
#include "host/error.hpp"
#include "host/random.hpp"
#include "host/sparse.hpp"
#include "tests/cuda/gpu_test.hpp"

namespace embrace::gpu {
namespace {

constexpr float infinity = std::numeric_limits<float>::infinity();

class RankTest : public test::GpuTest {
 protected:
  DeviceMatrix upload(const Matrix& scores) {
    DeviceMatrix matrix(device(), scores.rows(), scores.columns());
    matrix.upload(device(), scores.view());
    return matrix;
  }
  void expect_sorted(const Matrix& scores, std::int64_t depth) {
    DeviceBuffer<std::int32_t> items(device(), scores.rows() * depth);
    DeviceBuffer<float> values(device(), scores.rows() * depth);
    const DeviceMatrix on = upload(scores);
    top_items(device(), on.view(), depth, items.span(), values.span());
    const auto item = items.download();
    const auto value = values.download();
    for (std::int64_t r = 0; r < scores.rows(); ++r) {
      std::vector<std::int32_t> order;
      for (std::int32_t i = 0; i < scores.columns(); ++i) {
        if (scores(r, i) != -infinity) order.push_back(i);
      }
      std::stable_sort(order.begin(), order.end(),
                       [&](std::int32_t a, std::int32_t b) { return scores(r, a) > scores(r, b); });
      order.resize(static_cast<std::size_t>(depth), -1);
      for (std::int64_t d = 0; d < depth; ++d) {
        const std::int32_t expected = order[static_cast<std::size_t>(d)];
        const auto at = static_cast<std::size_t>(r * depth + d);
        ASSERT_EQ(item[at], expected) << "row " << r << ", place " << d << " of " << depth << ", " << scores.columns();
        ASSERT_EQ(value[at], expected < 0 ? -infinity : scores(r, expected));
      }
    }
  }
};

/// `kinds` different scores, both signs, zeros of both signs; a share of them masked.
Matrix some_scores(std::int64_t rows, std::int64_t items, std::uint64_t kinds, bool with_masked) {
  const Random random(8, Stream::sampling);
  Matrix scores(rows, items);
  const std::uint64_t half = kinds / 2;
  const auto middle = static_cast<float>(half);
  for (std::int64_t i = 0; i < scores.size(); ++i) {
    const auto number = static_cast<float>(random.below(kinds, static_cast<std::uint64_t>(i), 0)) - middle;
    scores.data()[i] = number == 0 && i % 2 == 0 ? -0.0F : number * 0.37F;
    if (with_masked && random.below(3, static_cast<std::uint64_t>(i), 1) == 0) scores.data()[i] = -infinity;
  }
  return scores;
}

TEST_F(RankTest, ListsOfEveryLength) {
  for (const std::int64_t items : {1, 31, 32, 33, 64, 255, 256, 257, 3000}) {
    for (const std::int64_t depth : {1, 2, 10, 31, 32, 33, 100}) {
      expect_sorted(some_scores(5, items, 40, items % 2 == 0), depth);
      expect_sorted(some_scores(2, items, 1U << 30U, items % 2 == 1), depth);
    }
  }
  expect_sorted(some_scores(2, 3000, 1U << 20U, true), longest_list);
}

TEST_F(RankTest, AllScoresEqualAreRankedByItem) {
  Matrix scores(3, 5000);
  for (std::int64_t i = 0; i < scores.size(); ++i) scores.data()[i] = 1.5F;
  expect_sorted(scores, 100);
}

TEST_F(RankTest, NothingLeftGivesAnEmptyList) {
  Matrix scores(2, 50);
  for (std::int64_t i = 0; i < scores.size(); ++i) scores.data()[i] = -infinity;
  expect_sorted(scores, 10);
  expect_sorted(Matrix(2, 0), 10);
}

TEST_F(RankTest, SeenItemsAreMasked) {
  const Csr mask = csr_from_triples(4, 40, std::vector<std::int32_t>{0, 0, 2, 3},
                                    std::vector<std::int32_t>{5, 39, 7, 0}, std::vector<float>(4, 1.0F));
  const Matrix scores = some_scores(3, 40, 100, false);
  const std::vector<std::int32_t> users = {2, 0, 1};
  DeviceMatrix on = upload(scores);
  mask_scores(device(), on_device(users).span(), DeviceCsr(device(), mask.view()).view(), on.view());
  const Matrix masked = download(device(), on);
  for (std::int64_t r = 0; r < 3; ++r) {
    const auto seen = mask.view().row_indices(users[static_cast<std::size_t>(r)]);
    for (std::int32_t i = 0; i < 40; ++i) {
      const bool out = std::find(seen.begin(), seen.end(), i) != seen.end();
      EXPECT_EQ(masked(r, i), out ? -infinity : scores(r, i));
    }
  }
}

TEST_F(RankTest, ScoresThatAreNotFiniteAndListsTooLongAreRefused) {
  const Csr mask = csr_from_triples(1, 40, {}, {}, {});
  const std::vector<std::int32_t> users = {0};
  for (const float wrong : {infinity, -infinity, std::nanf("")}) {
    Matrix scores = some_scores(1, 40, 100, false);
    scores(0, 17) = wrong;
    DeviceMatrix on = upload(scores);
    EXPECT_THROW(mask_scores(device(), on_device(users).span(), DeviceCsr(device(), mask.view()).view(), on.view()),
                 Diverged);
  }
  EXPECT_THROW(top_items(device(), {}, longest_list + 1, {}, {}), std::invalid_argument);
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
