// Scores of pairs and of rows against plain double loops.
#include "host/math/scores.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "host/matrix.hpp"
#include "host/random.hpp"

namespace embrace {
namespace {

struct Model {
  Model(std::int64_t user_count, std::int64_t item_count, std::int64_t factors, std::int64_t gap, bool biases)
      : users(user_count, factors + gap), items(item_count, factors + gap), columns(factors) {
    const Random random(5, Stream::synthetic);
    const auto fill = [&](Matrix& matrix, std::uint32_t b) {
      for (std::int64_t p = 0; p < matrix.size(); ++p)
        matrix.data()[p] = static_cast<float>(random.normal(static_cast<std::uint64_t>(p), b));
    };
    fill(users, 0);
    fill(items, 1);
    for (std::int64_t u = 0; biases && u < user_count; ++u) user_bias.push_back(static_cast<float>(u % 7));
    for (std::int64_t i = 0; biases && i < item_count; ++i) item_bias.push_back(static_cast<float>(i % 5));
  }
  EmbeddingView view() const {
    return {{users.data(), users.rows(), columns, users.columns()},
            {items.data(), items.rows(), columns, items.columns()},
            user_bias,
            item_bias,
            2.5F};
  }
  double score(std::int64_t u, std::int64_t i) const {
    double sum = 2.5;
    if (!user_bias.empty()) sum += static_cast<double>(u % 7 + i % 5);
    for (std::int64_t k = 0; k < columns; ++k)
      sum += static_cast<double>(users(u, k)) * static_cast<double>(items(i, k));
    return sum;
  }
  Matrix users, items;
  std::int64_t columns;
  std::vector<float> user_bias, item_bias;
};

// A float sum of n terms is off by less than n · 2^-24 · Σ |terms|. Products of normal numbers are 0.64 on average and
// biases below 11, so that Σ |terms| < 2 n + 20 here.
double bound(std::int64_t factors) {
  const auto n = static_cast<double>(factors + 3);
  return n * 0x1p-24 * (2 * n + 20);
}

struct Shape {
  std::int64_t users, items, factors, gap;
  bool biases;
};
void PrintTo(const Shape& s, std::ostream* out) {
  *out << s.users << 'x' << s.items << 'x' << s.factors << ", gap " << s.gap << (s.biases ? ", biases" : "");
}

class Scores : public testing::TestWithParam<Shape> {};
// Tiles of users and panels of 16 items, whole and cut; more items than a task takes; vectors apart and unaligned.
INSTANTIATE_TEST_SUITE_P(All, Scores,
                         testing::Values(Shape{1, 1, 1, 0, true}, Shape{5, 15, 3, 0, false}, Shape{6, 16, 16, 1, true},
                                         Shape{9, 17, 33, 0, true}, Shape{50, 1100, 31, 1, true},
                                         Shape{3, 40, 0, 0, true}, Shape{2, 20, 1024, 0, false}));

TEST_P(Scores, OfRowsAndPairsAreThoseOfPlainLoops) {
  const Shape& shape = GetParam();
  const Model model(shape.users, shape.items, shape.factors, shape.gap, shape.biases);
  std::vector<std::int32_t> users, items;
  for (std::int64_t u = shape.users; u-- > 0;) users.push_back(static_cast<std::int32_t>(u));
  for (const int count : {1, 3}) {
    Threads threads(count);
    Matrix rows(shape.users, shape.items + 2);  // a row of the result may be longer than it is filled
    std::fill(rows.data(), rows.data() + rows.size(), -1.0F);
    score_rows(model.view(), users, {rows.data(), shape.users, shape.items, rows.columns()}, threads);
    std::vector<std::int32_t> pair_users, pair_items;
    for (const std::int32_t u : users) {
      for (std::int64_t i = 0; i < shape.items; ++i) {
        pair_users.push_back(u);
        pair_items.push_back(static_cast<std::int32_t>(i));
      }
    }
    std::vector<float> pairs(pair_users.size());
    score_pairs(model.view(), pair_users, pair_items, pairs, threads);
    for (std::int64_t r = 0; r < shape.users; ++r) {
      for (std::int64_t i = 0; i < shape.items; ++i) {
        const double expected = model.score(users[static_cast<std::size_t>(r)], i);
        ASSERT_NEAR(static_cast<double>(rows(r, i)), expected, bound(shape.factors)) << r << " " << i;
        ASSERT_NEAR(static_cast<double>(pairs[static_cast<std::size_t>(r * shape.items + i)]), expected,
                    bound(shape.factors));
      }
      EXPECT_EQ(rows(r, shape.items), -1.0F);
      EXPECT_EQ(rows(r, shape.items + 1), -1.0F);
    }
  }
}

TEST(Scores, OfAUserDoNotDependOnTheOthers) {
  const Model model(40, 100, 29, 1, true);
  Threads threads(2);
  std::vector<std::int32_t> users;
  for (std::int32_t u = 0; u < 40; ++u) users.push_back(u);
  Matrix together(40, 100), alone(1, 100);
  score_rows(model.view(), users, together.view(), threads);
  for (std::int32_t u = 0; u < 40; ++u) {
    score_rows(model.view(), {&u, 1}, alone.view(), threads);
    for (std::int64_t i = 0; i < 100; ++i) ASSERT_EQ(alone(0, i), together(u, i)) << u << " " << i;
  }
}

}  // namespace
}  // namespace embrace
