// What a judge reads of a pair, and profiles, against plain sums.
#include "host/judge/pair_inputs.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "host/judge/profiles.hpp"
#include "host/random.hpp"

namespace embrace::judge {
namespace {

constexpr std::int64_t users = 6, items = 5, width = 3;

Matrix some_habits() {
  Matrix habits(users, 2);
  for (std::int64_t u = 0; u < users; ++u) habits(u, 0) = 0.7F, habits(u, 1) = static_cast<float>(u * u);
  return habits;
}
const Matrix habits = some_habits();  // the first says nothing

EntityVectors some_rows(std::int64_t rows, std::int64_t columns, std::uint32_t stream) {
  EntityVectors out{Matrix(rows, columns), Array<std::uint8_t>(rows, 1)};
  const Random random(1, Stream::features);
  for (std::int64_t k = 0; k < out.rows.size(); ++k) {
    out.rows.data()[k] = static_cast<float>(0.1 * random.normal(static_cast<std::uint64_t>(k), stream));
  }
  return out;
}

Csr some_ratings() {
  Array<std::int32_t> rows, columns;
  Array<float> values;
  for (std::int32_t u = 0; u + 1 < users; ++u) {
    for (std::int32_t i = 0; i < items; ++i) {
      if ((u + i) % 2 == 0) continue;
      rows.push_back(u);
      columns.push_back(i);
      values.push_back(static_cast<float>(1 + (u * i) % 5));
    }
  }
  return csr_from_triples(users, items, rows, columns, values);
}

TEST(PairInputs, EveryBlockHasMeanSquareOneOnThePairsThatItWasFittedOn) {
  const EntityVectors p = some_rows(users, 2 * width, 1), q = some_rows(items, width, 2);
  PairInputs inputs(p, q, habits.view(), std::nullopt);
  ASSERT_EQ(inputs.columns(), 5 * width + 4 + 2);
  const Array<std::int32_t> pair_users{0, 1, 2, 3, 4, 5, 0}, pair_items{0, 1, 2, 3, 4, 0, 3};
  inputs.fit(pair_users, pair_items);
  Matrix x(pair_users.size(), inputs.columns());
  inputs.fill(pair_users, pair_items, x.view());
  const auto mean_square = [&](std::int64_t first, std::int64_t last) {
    double sum = 0;
    for (std::int64_t r = 0; r < x.rows(); ++r) {
      for (std::int64_t c = first; c < last; ++c) sum += static_cast<double>(x(r, c)) * static_cast<double>(x(r, c));
    }
    return sum / static_cast<double>(x.rows() * (last - first));
  };
  EXPECT_NEAR(mean_square(0, 2 * width), 1, 1e-5);
  for (std::int64_t block = 2; block < 5; ++block)
    EXPECT_NEAR(mean_square(block * width, (block + 1) * width), 1, 1e-5);
  for (std::int64_t dot = 0; dot < 2; ++dot) {
    EXPECT_NEAR(mean_square(5 * width + 2 + dot, 5 * width + 3 + dot), 1, 1e-5);
  }
  double sum = 0;
  for (std::int64_t r = 0; r < x.rows(); ++r) {
    EXPECT_NEAR(x(r, 5 * width + 4), 0, 1e-6) << "a habit that all share says nothing";
    sum += static_cast<double>(x(r, 5 * width + 5));
  }
  EXPECT_NEAR(sum, 0, 1e-5);
  EXPECT_NEAR(mean_square(5 * width + 5, 5 * width + 6), 1, 1e-5);
  // Products and dot products agree with the vectors, up to their factors.
  const float ratio = x(0, 3 * width) / (p.rows(0, 0) * q.rows(0, 0));
  EXPECT_NEAR(x(1, 3 * width + 1), ratio * p.rows(1, 1) * q.rows(1, 1), 1e-4);
}

TEST(PairInputs, AFlagSaysWhoHasNoVector) {
  EntityVectors p = some_rows(users, 2 * width, 1), q = some_rows(items, width, 2);
  p.known[2] = 0;
  q.known[3] = 0;
  const PairInputs inputs(p, q, habits.view(), std::nullopt);
  const Array<std::int32_t> pair_users{2, 1}, pair_items{0, 3};
  Matrix x(2, inputs.columns());
  inputs.fill(pair_users, pair_items, x.view());
  const std::int64_t flags = 5 * width;
  EXPECT_EQ(x(0, flags), 1.0F);
  EXPECT_EQ(x(0, flags + 1), 0.0F);
  EXPECT_EQ(x(1, flags), 0.0F);
  EXPECT_EQ(x(1, flags + 1), 1.0F);
}

TEST(PairInputs, WithNativeUsersAColumnIsTheSourcesOwnScore) {
  const EntityVectors p = some_rows(users, width, 1), q = some_rows(items, width, 2);
  const Array<float> user_bias(users, 0.5F), item_bias{0, 1, 2, 3, 4};
  const EmbeddingView own{p.rows.view(), q.rows.view(), user_bias, item_bias, 3};
  PairInputs inputs(p, q, habits.view(), own);
  ASSERT_EQ(inputs.columns(), 3 * width + 4 + 1);
  ASSERT_EQ(inputs.products(), 1);
  const Array<std::int32_t> pair_users{0, 1}, pair_items{2, 4};
  inputs.fit(pair_users, pair_items);
  Matrix x(2, inputs.columns());
  inputs.fill(pair_users, pair_items, x.view());
  double score[2];
  for (std::int64_t r = 0; r < 2; ++r) {
    score[r] = 3.5 + static_cast<double>(item_bias[pair_items[r]]);
    for (std::int64_t k = 0; k < width; ++k) {
      score[r] += static_cast<double>(p.rows(pair_users[r], k)) * static_cast<double>(q.rows(pair_items[r], k));
    }
  }
  const double mean = (score[0] + score[1]) / 2;
  for (std::int64_t r = 0; r < 2; ++r) EXPECT_NEAR(x(r, inputs.columns() - 3), score[r] - mean, 1e-5);
}

TEST(Profiles, AreTheMeanAndTheShrunkMeanByResiduals) {
  const Csr ratings = some_ratings();
  EntityVectors q = some_rows(items, width, 2);
  q.known[1] = 0;
  Threads threads(2);
  const auto [residuals, own] = without_vectors(ratings.view(), threads);
  EXPECT_FLOAT_EQ(own(2, 0), std::log1p(static_cast<float>(ratings.view().row_size(2))));
  EXPECT_EQ(own(users - 1, 1), 0.0F) << "no rating, no bias";
  const EntityVectors profiles = user_profiles(ratings.view(), residuals, q, threads);
  EXPECT_EQ(profiles.known[users - 1], 0);
  const auto of_user = ratings.view().row_indices(2);
  for (std::int64_t k = 0; k < width; ++k) {
    double plain = 0, weighted = 0, n = 0;
    for (std::int64_t e = 0; e < of_user.size(); ++e) {
      if (q.known[of_user[e]] == 0) continue;
      n += 1;
      plain += static_cast<double>(q.rows(of_user[e], k));
      weighted += static_cast<double>(residuals[ratings.offsets[2] + e]) * static_cast<double>(q.rows(of_user[e], k));
    }
    EXPECT_NEAR(profiles.rows(2, k), plain / n, 1e-6);
    EXPECT_NEAR(profiles.rows(2, width + k), weighted / (n + 10), 1e-6);
  }
}

TEST(PairInputs, TheirGradientIsThatOfARow) {
  EntityVectors p = some_rows(users, 2 * width, 1), q = some_rows(items, width, 2);
  PairInputs inputs(p, q, habits.view(), std::nullopt);
  const Array<std::int32_t> pair_users{0, 1, 2}, pair_items{0, 1, 2};
  inputs.fit(pair_users, pair_items);
  const Array<std::int32_t> user{3}, item{4};
  Array<float> weights(inputs.columns());
  const Random random(5, Stream::features);
  for (std::int64_t c = 0; c < weights.size(); ++c) {
    weights[c] = static_cast<float>(random.normal(static_cast<std::uint64_t>(c)));
  }
  const auto value = [&] {
    Matrix x(1, inputs.columns());
    inputs.fill(user, item, x.view());
    double sum = 0;
    for (std::int64_t c = 0; c < x.columns(); ++c)
      sum += static_cast<double>(weights[c]) * static_cast<double>(x(0, c));
    return sum;
  };
  Array<float> by_user(2 * width, 0.0F), by_item(width, 0.0F);
  inputs.add_gradient(3, 4, weights.data(), by_user.data(), by_item.data());
  const auto slope = [&](float& number) {
    constexpr float step = 0.01F;
    const float kept = number;
    number = kept + step;
    const double above = value();
    number = kept - step;
    const double below = value();
    number = kept;
    return (above - below) / (2 * static_cast<double>(step));
  };
  // Linear in a view and linear in the item, so that only rounding is left: 1e-7 of numbers below 100, over the step.
  for (std::int64_t k = 0; k < 2 * width; ++k) {
    EXPECT_NEAR(static_cast<double>(by_user[k]), slope(p.rows(3, k)), 2e-3) << k;
  }
  for (std::int64_t k = 0; k < width; ++k) {
    EXPECT_NEAR(static_cast<double>(by_item[k]), slope(q.rows(4, k)), 2e-3) << k;
  }
}

}  // namespace
}  // namespace embrace::judge
