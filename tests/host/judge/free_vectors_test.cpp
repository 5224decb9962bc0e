// Vectors that a judge trains: where they begin, what stays, and their gradient against central differences.
#include "host/judge/free_vectors.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "host/judge/profiles.hpp"
#include "host/random.hpp"

namespace embrace::judge {
namespace {

constexpr std::int64_t users = 4, items = 6, width = 3;
constexpr std::int32_t cold = 5, nameless = 2;  // without a rating; without a vector

class FreeVectorsTest : public testing::Test {
 protected:
  FreeVectorsTest() {
    const Array<std::int32_t> user = {0, 0, 0, 1, 1, 2}, item = {0, 1, 2, 1, 3, 2};
    const Array<float> ones(6, 1.0F);
    ratings_ = csr_from_triples(users, items, user, item, ones);
    fit_ = csr_from_triples(users, items, Array<std::int32_t>{3}, Array<std::int32_t>{4}, Array<float>{1});
    residuals_ = {0.5F, -1, 2, 0.25F, 1, -0.5F};
    frozen_ = {Matrix(items, width), Array<std::uint8_t>(items, 1)};
    frozen_.known[nameless] = 0;
    const Random random(1, Stream::features);
    for (std::int64_t k = 0; k < frozen_.rows.size(); ++k) {
      if (k / width != nameless)
        frozen_.rows.data()[k] = static_cast<float>(random.normal(static_cast<std::uint64_t>(k)));
    }
  }
  FreeVectors vectors(VectorMode mode) const { return {profiles_, fit_.view(), mode, 1}; }

  Csr ratings_, fit_;
  Array<float> residuals_;
  EntityVectors frozen_;
  ProfileCase profiles_{{}, {}, frozen_};

  void SetUp() override {
    profiles_.ratings = ratings_.view();
    profiles_.residuals = residuals_;
  }
};

TEST_F(FreeVectorsTest, FineTunedOnesBeginAsTheyAreGiven) {
  Threads threads(1);
  const FreeVectors free = vectors(VectorMode::fine_tuned);
  EXPECT_EQ(free.moved(), 0);
  const EntityVectors profiles = user_profiles(ratings_.view(), residuals_, frozen_, threads);
  for (std::int64_t k = 0; k < frozen_.rows.size(); ++k) {
    EXPECT_EQ(free.items().rows.data()[k], frozen_.rows.data()[k]);
  }
  ASSERT_EQ(free.users().rows.size(), profiles.rows.size());
  for (std::int64_t k = 0; k < profiles.rows.size(); ++k) {
    EXPECT_EQ(free.users().rows.data()[k], profiles.rows.data()[k]);
  }
  EXPECT_EQ(free.users().known, profiles.known);
}

TEST_F(FreeVectorsTest, BesideFrozenOnesThoseStay) {
  FreeVectors free = vectors(VectorMode::frozen_and_id);
  ASSERT_EQ(free.items().rows.columns(), 2 * width);
  for (float& w : free.weights()) w += 1;
  free.update_items();
  free.update_all_users();
  for (std::int64_t i = 0; i < items; ++i) {
    for (std::int64_t k = 0; k < width; ++k) {
      EXPECT_EQ(free.items().rows(i, k), frozen_.rows(i, k));
      EXPECT_EQ(free.items().rows(i, width + k), free.weights()[i * width + k]);
    }
  }
}

TEST_F(FreeVectorsTest, BeginAtRandomWhereARatingTrainsThem) {
  const FreeVectors one = vectors(VectorMode::frozen_and_id);
  const FreeVectors other(profiles_, fit_.view(), VectorMode::frozen_and_id, 2);
  for (std::int64_t i = 0; i < items; ++i) {
    double length = 0;
    for (std::int64_t k = 0; k < width; ++k) length += std::pow(static_cast<double>(one.items().rows(i, width + k)), 2);
    EXPECT_EQ(length > 0, i != cold) << i;
    EXPECT_EQ(one.items().rows(i, width) == other.items().rows(i, width), i == cold) << i;
  }
}

TEST_F(FreeVectorsTest, MovedIsTheLengthOfTheWay) {
  FreeVectors free = vectors(VectorMode::fine_tuned);
  for (float& w : free.weights()) w = 2;
  EXPECT_DOUBLE_EQ(free.moved(), 2 * std::sqrt(3.0));
}

/// f = <a, user's views> + <b, item>, for all pairs of a user and an item.
TEST_F(FreeVectorsTest, TheirGradientIsThatOfWhatIsMadeOfThem) {
  for (const VectorMode mode : {VectorMode::frozen_and_id, VectorMode::fine_tuned}) {
    FreeVectors free = vectors(mode);
    const std::int64_t columns = free.items().rows.columns();
    Array<float> a(2 * columns), b(columns);
    const Random random(2, Stream::features);
    for (std::int64_t k = 0; k < a.size(); ++k) a[k] = static_cast<float>(random.normal(static_cast<std::uint64_t>(k)));
    for (std::int64_t k = 0; k < b.size(); ++k)
      b[k] = static_cast<float>(random.normal(static_cast<std::uint64_t>(k), 1));
    const auto value = [&] {
      free.update_items();
      free.update_all_users();
      double sum = 0;
      for (std::int64_t u = 0; u < users; ++u) {
        for (std::int64_t k = 0; k < 2 * columns; ++k) {
          sum += static_cast<double>(items) * static_cast<double>(a[k]) * static_cast<double>(free.users().rows(u, k));
        }
      }
      for (std::int64_t i = 0; i < items; ++i) {
        for (std::int64_t k = 0; k < columns; ++k) {
          sum += static_cast<double>(users) * static_cast<double>(b[k]) * static_cast<double>(free.items().rows(i, k));
        }
      }
      return sum;
    };
    Array<float> gradient(free.parameters(), 0.0F);
    for (std::int32_t u = 0; u < users; ++u) {
      for (std::int32_t i = 0; i < items; ++i) free.add_gradient(u, i, a.data(), b.data(), gradient);
    }
    for (std::int64_t k = 0; k < free.parameters(); ++k) {
      const float kept = free.weights()[k];
      free.weights()[k] = kept + 1;
      const double above = value();
      free.weights()[k] = kept - 1;
      const double below = value();
      free.weights()[k] = kept;
      // Linear in the weights: the difference is exact but for the rounding of some 50 numbers of order 10 to floats.
      EXPECT_NEAR(static_cast<double>(gradient[k]), (above - below) / 2, 1e-4) << to_text(mode) << " " << k;
    }
  }
}

}  // namespace
}  // namespace embrace::judge
