// The towers' gradient against central differences of the loss, and the loss against a plain softmax in double.
#include "host/judge/towers.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace embrace::judge {
namespace {

constexpr std::int64_t pairs = 9, width = 4, views = 2;

struct Pairs {
  Matrix users{pairs, width * views}, items{pairs, width}, numbers{pairs, 1};
  Array<float> log_share;
  Array<std::int32_t> ids;

  /// The last pair's item is the first one's.
  Pairs() : log_share(pairs), ids(pairs) {
    const Random random(3, Stream::features);
    std::uint64_t next = 0;
    for (Matrix* m : {&users, &items, &numbers}) {
      for (std::int64_t k = 0; k < m->size(); ++k) m->data()[k] = static_cast<float>(random.normal(next++));
    }
    for (std::int64_t p = 0; p < pairs; ++p) {
      ids[p] = static_cast<std::int32_t>(p == pairs - 1 ? 0 : p);
      log_share[p] = static_cast<float>(-1 - 0.1 * static_cast<double>(ids[p]));
    }
    std::copy(items.row(0), items.row(0) + width, items.row(pairs - 1));
    numbers(pairs - 1, 0) = numbers(0, 0);
  }
  Towers::Batch batch() const { return {users.view(), items.view(), numbers.view(), log_share, ids}; }
};

Towers some_towers() {
  Towers towers(width, views, 1, 1);
  const Random random(8, Stream::features);
  for (std::int64_t k = 0; k < towers.parameters(); ++k) {
    towers.weights()[k] += static_cast<float>(0.2 * random.normal(static_cast<std::uint64_t>(k)));
  }
  return towers;
}

TEST(Towers, TheLossIsASoftmaxOverTheOtherItemsOfTheBatch) {
  const Pairs data;
  Towers towers = some_towers();
  Matrix users(pairs, towers.columns()), items(pairs, towers.columns());
  towers.user_vectors(data.users.view(), users.view());
  towers.item_vectors(data.items.view(), items.view());
  double loss = 0;
  for (std::int64_t r = 0; r < pairs; ++r) {
    double sum = 0, own = 0;
    for (std::int64_t c = 0; c < pairs; ++c) {
      if (c != r && data.ids[c] == data.ids[r]) continue;
      double score = static_cast<double>(towers.number_weights()[0] * data.numbers(c, 0) - data.log_share[c]);
      for (std::int64_t k = 0; k < towers.columns(); ++k) {
        score += static_cast<double>(users(r, k)) * static_cast<double>(items(c, k));
      }
      sum += std::exp(score);
      if (c == r) own = score;
    }
    loss += (std::log(sum) - own) / static_cast<double>(pairs);
  }
  Array<float> gradient(towers.parameters());
  EXPECT_NEAR(towers.gradient(data.batch(), gradient), loss, 1e-4 * loss);
}

TEST(Towers, TheGradientIsThatOfTheLoss) {
  const Pairs data;
  Towers towers = some_towers();
  Array<float> gradient(towers.parameters()), ignored(towers.parameters());
  towers.gradient(data.batch(), gradient);
  constexpr float step = 1e-2F;
  int far = 0;
  for (std::int64_t k = 0; k < towers.parameters(); ++k) {
    float& weight = towers.weights()[k];
    const float kept = weight;
    weight = kept + step;
    const double above = towers.gradient(data.batch(), ignored);
    weight = kept - step;
    const double below = towers.gradient(data.batch(), ignored);
    weight = kept;
    const double slope = (above - below) / (2 * static_cast<double>(step));
    // The loss is exact to about 1e-6, its difference over the step to 1e-4; a few weights cross a kink of relu.
    if (std::abs(slope - static_cast<double>(gradient[k])) > 2e-3 + 0.02 * std::abs(slope)) ++far;
  }
  EXPECT_LE(far, towers.parameters() / 50) << "of " << towers.parameters();
}

TEST(Towers, BeforeTheFirstStepTheScoreIsThatOfTheNumbers) {
  const Pairs data;
  Towers towers(width, views, 1, 1);
  towers.number_weights()[0] = 1;
  Matrix users(pairs, towers.columns()), items(pairs, towers.columns());
  towers.user_vectors(data.users.view(), users.view());
  towers.item_vectors(data.items.view(), items.view());
  for (std::int64_t c = 0; c < pairs; ++c) {
    float score = 0;
    for (std::int64_t k = 0; k < towers.columns(); ++k) score += users(1, k) * items(c, k);
    EXPECT_EQ(score, 0.0F) << c;
  }
}

}  // namespace
}  // namespace embrace::judge
