// Estimates against hand values and plain formulas.
#include "host/metrics/estimate.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "host/random.hpp"

namespace embrace {
namespace {

/// Draws with exactly this mean, variance and no skewness.
std::vector<double> symmetric_draws(double mean, double deviation) {
  std::vector<double> draws;
  for (int b = 0; b < 1000; ++b) draws.push_back(mean + (b % 2 == 0 ? deviation : -deviation));
  return draws;
}

TEST(Estimate, OfOneReplicateIsNormalInItsDraws) {
  const Replicate one{0.5, symmetric_draws(0.5, 0.1)};
  const Estimate e = estimate({&one, 1}, 0);
  EXPECT_DOUBLE_EQ(e.value, 0.5);
  EXPECT_NEAR(e.error(), 0.1, 1e-12);
  EXPECT_NEAR(e.interval().low, 0.5 - 1.959963984540054 * 0.1, 1e-9);
  EXPECT_NEAR(e.interval().high, 0.5 + 1.959963984540054 * 0.1, 1e-9);
  EXPECT_NEAR(e.score(), 5, 1e-9);
  EXPECT_NEAR(e.p_value(), 5.733e-7, 1e-10);
}

// n = 16: variance (n + 1) / (n - 1), Student's t with 15 degrees of freedom, 2.1314 (tables).
TEST(Estimate, FewUsersWidenIt) {
  const Replicate one{0.5, symmetric_draws(0.5, 0.1)};
  const Interval interval = estimate({&one, 1}, 16).interval();
  EXPECT_NEAR(interval.high - 0.5, 2.1314 * 0.1 * std::sqrt(17.0 / 15.0), 1e-4);
}

// Seeds that shift all users alike: no interaction. U = .01, V/S = .02^2 * 2/(2*3)... by hand below.
TEST(Estimate, WhatSeedsDifferByIsAdded) {
  std::vector<Replicate> seeds;
  for (const double shift : {-0.3, 0.0, 0.3}) seeds.push_back({0.5 + shift, symmetric_draws(0.5 + shift, 0.1)});
  const Estimate e = estimate(seeds, 0);
  EXPECT_NEAR(e.user_variance, 0.01, 1e-12);
  EXPECT_NEAR(e.interaction, 0, 1e-12);
  EXPECT_NEAR(e.repeat_variance, 0.09 / 3, 1e-12);
  EXPECT_NEAR(e.freedom, 0.04 * 0.04 / (0.03 * 0.03 / 2), 1e-9) << "Satterthwaite; users count as certain";
}

// Values that differ by what users make of the seed alone: it is in the users' variance already.
TEST(Estimate, WhatUsersMakeOfASeedIsNotCountedTwice) {
  const Random random(3, Stream::sampling);
  std::vector<Replicate> seeds(5);
  double interaction = 0;
  for (std::uint64_t s = 0; s < 5; ++s) {
    for (std::uint32_t b = 0; b < 1000; ++b) seeds[s].draws.push_back(0.1 * random.normal(s, b));
    seeds[s].value = 0.02 * (static_cast<double>(s) - 2);
    interaction += 0.01 / 5 / 5;
  }
  const Estimate e = estimate(seeds, 0);
  EXPECT_NEAR(e.interaction, interaction, 0.15 * interaction) << "of 1000 draws: three standard errors";
  EXPECT_EQ(e.repeat_variance, 0) << "V/S is .0002";
  EXPECT_NEAR(e.user_variance, interaction, 0.15 * interaction);
}

TEST(Estimate, SkewedDrawsMoveTheBoundsToTheLongSide) {
  std::vector<double> draws;
  for (int b = 0; b < 1000; ++b) draws.push_back(b % 10 == 0 ? 9 : -1);
  const Replicate one{0, draws};
  const Interval interval = estimate({&one, 1}, 0).interval();
  EXPECT_GT(interval.high, -1.2 * interval.low);
}

TEST(Estimate, TheScoreAgreesWithTheInterval) {
  const Random random(9, Stream::sampling);
  for (std::uint64_t trial = 0; trial < 200; ++trial) {
    std::vector<double> draws;
    const double value = 0.5 * random.normal(trial, 5000);
    for (std::uint32_t b = 0; b < 200; ++b) draws.push_back(value - 0.25 * std::log(random.uniform(trial, b)));
    const Replicate one{value, draws};
    const Estimate e = estimate({&one, 1}, 30);
    const Interval interval = e.interval();
    EXPECT_EQ(interval.low > 0 || interval.high<0, std::abs(e.score())> 1.959963984540054) << trial;
    EXPECT_EQ(e.p_value() < 0.05, std::abs(e.score()) > 1.959963984540054) << trial;
  }
}

TEST(Estimate, WithoutAnErrorItIsTheValue) {
  const Replicate one{0.5, symmetric_draws(0.5, 0)}, zero{0, symmetric_draws(0, 0)}, none{0.5, {}};
  EXPECT_NEAR((estimate({&one, 1}, 1).interval().low), 0.5, 1e-12);  // the mean of a thousand draws is rounded
  EXPECT_EQ((estimate({&one, 1}, 1).p_value()), 0);
  EXPECT_EQ((estimate({&zero, 1}, 1).p_value()), 1);
  EXPECT_EQ((estimate({&none, 1}, 100).error()), 0);
  EXPECT_THROW(estimate({}, 1), std::invalid_argument);
}

TEST(Estimate, DifferencesArePaired) {
  const std::vector<Replicate> a = {{3, {1, 2}}, {4, {3, 4}}}, b = {{1, {1, 1}}, {1, {5, 5}}};
  const std::vector<Replicate> d = difference(a, b);
  EXPECT_EQ(d[0].value, 2);
  EXPECT_EQ(d[1].draws, (std::vector<double>{-2, -1}));
  EXPECT_THROW(difference(a, {b.data(), 1}), std::invalid_argument);
}

}  // namespace
}  // namespace embrace
