// The ordered probit of `bayes`: truncated normal numbers however far out, the likelihood of cutpoints, their
// posterior.
#include "host/methods/bayes_probit.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

namespace embrace::cpu {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

struct Moments {
  double mean, deviation;
};

/// By Simpson's rule on the density, from its largest value on so far as it matters.
Moments plain_truncated(double low, double high) {
  const double mode = std::min(std::max(0.0, low), high);
  const double reach = 40 / (1 + std::abs(mode)) + 2;
  const double from = std::max(low, mode - reach), to = std::min(high, mode + reach);
  constexpr int steps = 20000;
  double sums[3] = {};
  for (int s = 0; s <= steps; ++s) {
    const double x = from + (to - from) * s / steps;
    const double weight = (s == 0 || s == steps ? 1 : s % 2 == 1 ? 4 : 2) * std::exp((mode - x) * (mode + x) / 2);
    for (int m = 0; m < 3; ++m) sums[m] += weight * std::pow(x - mode, m);
  }
  const double mean = sums[1] / sums[0];
  return {mode + mean, std::sqrt(sums[2] / sums[0] - mean * mean)};
}

TEST(TruncatedNormal, HasTheMomentsOfItsIntervalHoweverFarOut) {
  const Random random(1, Stream::sampling);
  constexpr int draws = 20000;
  std::uint64_t counter = 0;
  for (const auto& [low, high] : std::vector<std::pair<double, double>>{{-infinity, infinity},
                                                                        {-1, 0.5},
                                                                        {-3, 4},
                                                                        {0, infinity},
                                                                        {0.3, 0.9},
                                                                        {2, 2.1},
                                                                        {1, 9},
                                                                        {8, infinity},
                                                                        {30, infinity},
                                                                        {30, 30.01},
                                                                        {-infinity, -12},
                                                                        {-2, -0.5}}) {
    const Moments expected = plain_truncated(low, high);
    double sum = 0, squares = 0;
    for (int d = 0; d < draws; ++d) {
      const double mean = 0.75;  // of the whole distribution; the interval moves with it
      const double x = truncated_normal(mean, low + mean, high + mean, random, counter++) - mean;
      ASSERT_GE(x, low - 1e-12);
      ASSERT_LE(x, high + 1e-12);
      sum += (x - expected.mean) / expected.deviation;
      squares += std::pow((x - expected.mean) / expected.deviation, 2);
    }
    // The fourth moment is at most 9, that of an exponential distribution: the variance of a square is at most 8.
    EXPECT_NEAR(sum / draws, 0, 5 / std::sqrt(draws)) << low << " " << high;
    EXPECT_NEAR(squares / draws, 1, 5 * std::sqrt(8.0 / draws)) << low << " " << high;
  }
}

TEST(TruncatedNormal, OfWhatIsNoNumberEnds) {
  EXPECT_TRUE(std::isnan(truncated_normal(std::nan(""), 0, 1, Random(1, Stream::sampling), 0)));
  EXPECT_TRUE(std::isnan(truncated_normal(std::nan(""), 0, infinity, Random(1, Stream::sampling), 0)));
}

TEST(IntervalLikelihood, HasTheDerivativesOfItsValue) {
  constexpr double h = 1e-4;  // central differences are off by about h² times the third derivative
  for (const auto& [a, b] : std::vector<std::pair<double, double>>{{-1, 0.5}, {0.2, 0.4}, {2, 5}, {-6, -4}}) {
    const IntervalLikelihood at = interval_likelihood(a, b);
    const auto value = [](double x, double y) { return interval_likelihood(x, y).value; };
    EXPECT_NEAR(at.value, std::log(0.5 * (std::erf(b / std::sqrt(2.0)) - std::erf(a / std::sqrt(2.0)))), 1e-6);
    EXPECT_NEAR(at.by_low, (value(a + h, b) - value(a - h, b)) / (2 * h), 1e-4);
    EXPECT_NEAR(at.by_high, (value(a, b + h) - value(a, b - h)) / (2 * h), 1e-4);
    EXPECT_NEAR(at.by_low_low, (value(a + h, b) - 2 * at.value + value(a - h, b)) / (h * h), 1e-3);
    EXPECT_NEAR(at.by_high_high, (value(a, b + h) - 2 * at.value + value(a, b - h)) / (h * h), 1e-3);
    EXPECT_NEAR(at.by_low_high, (interval_likelihood(a, b + h).by_low - interval_likelihood(a, b - h).by_low) / (2 * h),
                1e-3);
  }
}

TEST(IntervalLikelihood, IsFiniteHoweverFarOut) {
  for (const auto& [a, b] :
       std::vector<std::pair<double, double>>{{50, infinity}, {-infinity, -50}, {100, 101}, {-infinity, infinity}}) {
    const IntervalLikelihood at = interval_likelihood(a, b);
    for (const double x : {at.value, at.by_low, at.by_high, at.by_low_low, at.by_low_high, at.by_high_high}) {
      EXPECT_TRUE(std::isfinite(x)) << a << " " << b;
    }
  }
}

/// Levels of ratings with these scores, drawn from cutpoints.
struct Drawn {
  std::vector<std::pair<std::int64_t, float>> ratings;
  std::vector<std::int64_t> counts;
};
Drawn draw_levels(const std::vector<double>& cutpoints, std::int64_t n) {
  const Random random(5, Stream::synthetic);
  Drawn out{{}, std::vector<std::int64_t>(cutpoints.size() + 1)};
  for (std::int64_t r = 0; r < n; ++r) {
    const double score = 0.8 * random.normal(static_cast<std::uint64_t>(r), 0);
    const double latent = score + random.normal(static_cast<std::uint64_t>(r), 1);
    const auto level = std::lower_bound(cutpoints.begin(), cutpoints.end(), latent) - cutpoints.begin();
    out.ratings.emplace_back(level, static_cast<float>(score));
    ++out.counts[static_cast<std::size_t>(level)];
  }
  return out;
}

struct Chain {
  std::vector<double> sum, squares;
  int taken = 0;
};
Chain sample_cutpoints(const Drawn& drawn, const std::vector<float>& values, int steps) {
  Cutpoints cutpoints(values, drawn.counts);
  ScoreCounts counts(cutpoints.levels());
  for (const auto& [level, score] : drawn.ratings) counts.add(level, score);
  Chain chain{std::vector<double>(values.size() - 1), std::vector<double>(values.size() - 1)};
  const Random random(2, Stream::sampling);
  for (int s = 0; s < steps; ++s) {
    chain.taken += cutpoints.sample(counts, random, static_cast<std::uint64_t>(s)) ? 1 : 0;
    for (std::size_t c = 0; c < chain.sum.size(); ++c) {
      const double x = cutpoints.high(static_cast<std::int64_t>(c));
      chain.sum[c] += x;
      chain.squares[c] += x * x;
    }
  }
  return chain;
}

TEST(Cutpoints, OneFollowsItsPosterior) {
  const Drawn drawn = draw_levels({0.4}, 40);
  // The posterior under a flat prior, on a grid, from the scores themselves.
  double mass = 0, sum = 0, squares = 0;
  for (int step = -3000; step < 4000; ++step) {
    const double x = 1e-3 * step;
    double log_likelihood = 0;
    for (const auto& [level, score] : drawn.ratings) {
      const double tail = 0.5 * std::erfc((x - static_cast<double>(score)) / std::sqrt(2.0));
      log_likelihood += std::log(level == 1 ? tail : 1 - tail);
    }
    const double weight = std::exp(log_likelihood);
    mass += weight;
    sum += weight * x;
    squares += weight * x * x;
  }
  const double mean = sum / mass, deviation = std::sqrt(squares / mass - mean * mean);
  constexpr int steps = 5000;
  const Chain chain = sample_cutpoints(drawn, {1, 2}, steps);
  EXPECT_GT(chain.taken, 0.8 * steps);
  const double of_chain = chain.sum[0] / steps;
  // Steps that are not taken repeat what was there; with a fifth of them the error is that of two thirds as many.
  EXPECT_NEAR(of_chain, mean, 5 * deviation * std::sqrt(1.5 / steps));
  EXPECT_NEAR(std::sqrt(chain.squares[0] / steps - of_chain * of_chain), deviation, 5 * deviation / std::sqrt(steps));
}

TEST(Cutpoints, SurroundTheOnesThatMadeTheRatings) {
  const std::vector<double> truth = {-1.5, -0.25, 0.1, 1.2};
  constexpr int steps = 300;
  const Chain chain = sample_cutpoints(draw_levels(truth, 5000), {1, 2, 3, 4, 5}, steps);
  EXPECT_GT(chain.taken, 0.9 * steps);
  for (std::size_t c = 0; c < truth.size(); ++c) {
    const double mean = chain.sum[c] / steps;
    const double deviation = std::sqrt(chain.squares[c] / steps - mean * mean);
    EXPECT_LT(deviation, 0.05);
    EXPECT_NEAR(mean, truth[c], 4 * deviation);
  }
}

TEST(Cutpoints, ExpectTheMeanOverTheLevels) {
  const Drawn drawn = draw_levels({-1, 0, 1}, 1000);
  const Cutpoints cutpoints(std::vector<float>{0.5F, 1, 4, 5}, drawn.counts);
  for (const double score : {-40.0, -1.0, 0.3, 40.0}) {
    double expected = 0;
    for (const auto& [level, value] : std::vector<std::pair<std::int64_t, double>>{{0, 0.5}, {1, 1}, {2, 4}, {3, 5}}) {
      expected +=
          value * std::exp(interval_likelihood(cutpoints.low(level) - score, cutpoints.high(level) - score).value);
    }
    EXPECT_NEAR(cutpoints.expected(score), expected, 1e-12);
  }
}

}  // namespace
}  // namespace embrace::cpu
