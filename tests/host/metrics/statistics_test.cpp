// Bootstrap and intervals against a plain loop, theory and hand values.
#include "host/metrics/statistics.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <numeric>
#include <stdexcept>

#include "host/random.hpp"

namespace embrace {
namespace {

UserValues metric_of(std::string name, std::int64_t users, std::uint64_t seed, bool root = false) {
  const Random random(seed, Stream::sampling);
  UserValues metric;
  metric.name = std::move(name);
  metric.root = root;
  for (std::int64_t u = 0; u < users; ++u) {
    metric.users.push_back(5 + 2 * u);
    metric.weights.push_back(root ? 1 + static_cast<double>(random.below(20, static_cast<std::uint64_t>(u), 1)) : 1);
    metric.sums.push_back(random.uniform(static_cast<std::uint64_t>(u)) * metric.weights.back());
  }
  metric.n = users;
  return metric;
}

/// The definition, one draw after another, with the library's logarithm.
std::vector<double> plain_bootstrap(const UserValues& metric) {
  const Random random(0x656d6272616365, Stream::bootstrap);
  std::vector<double> values;
  for (std::uint32_t b = 0; b < 1000; ++b) {
    double sum = 0, weight = 0;
    for (std::int64_t u = 0; u < metric.users.size(); ++u) {
      const auto bits = random.bits(static_cast<std::uint64_t>(metric.users[u]), b / 4);
      const double w = -std::log((static_cast<double>(bits[b % 4]) + 0.5) / 4294967296.0);
      sum += w * metric.sums[u];
      weight += w * metric.weights[u];
    }
    values.push_back(metric.root ? std::sqrt(sum / weight) : sum / weight);
  }
  return values;
}

TEST(Bootstrap, AgreesWithAPlainLoop) {
  Threads threads(3);
  for (const std::int64_t users : {1, 2, 17, 300, 5000}) {
    std::vector<UserValues> metrics = {metric_of("rmse", users, 1, true), metric_of("hr@10", users, 2)};
    for (double& sum : metrics[1].sums) sum = sum > 0.7 ? 1 : 0;
    const auto draws = bootstrap(metrics, threads);
    ASSERT_EQ(draws.size(), 2U);
    for (std::size_t m = 0; m < 2; ++m) {
      const auto expected = plain_bootstrap(metrics[m]);
      ASSERT_EQ(draws[m].size(), expected.size());
      // Weights agree to 1e-12 (series) and sums of positive terms keep relative errors.
      for (std::size_t b = 0; b < expected.size(); ++b) ASSERT_NEAR(draws[m][b], expected[b], 1e-11);
    }
  }
}

TEST(Bootstrap, SpreadIsThatOfTheMean) {
  Threads threads(2);
  const UserValues metric = metric_of("ndcg@10", 4000, 9);
  const auto draws = bootstrap({&metric, 1}, threads)[0];
  double variance_of_users = 0;
  const double mean = metric.value();
  for (const double value : metric.sums) variance_of_users += (value - mean) * (value - mean) / 4000;
  const double average = std::accumulate(draws.begin(), draws.end(), 0.0) / 1000;
  double variance = 0;
  for (const double draw : draws) variance += (draw - average) * (draw - average) / 999;
  const double error = std::sqrt(variance_of_users / 4000);
  EXPECT_NEAR(average, mean, 5 * error / std::sqrt(1000.0));
  // The standard error of a standard deviation from 1000 draws is 2.2 %; five of them.
  EXPECT_NEAR(std::sqrt(variance), error, 0.11 * error);
}

TEST(Bootstrap, DrawsArePairedByRawIdWhateverElseIsMeasured) {
  Threads threads(2);
  const UserValues both = metric_of("hr@10", 500, 4);
  UserValues other = metric_of("hr@20", 300, 5);
  const std::vector<UserValues> together = {other, both};
  EXPECT_EQ(bootstrap({&both, 1}, threads)[0], bootstrap(together, threads)[1]);
  // Adding a constant to every user adds it to every draw: the difference of the runs is known exactly.
  UserValues shifted = both;
  for (double& value : shifted.sums) value += 0.25;
  const auto a = bootstrap({&both, 1}, threads)[0], b = bootstrap({&shifted, 1}, threads)[0];
  for (std::int64_t d = 0; d < a.size(); ++d) ASSERT_NEAR(b[d] - a[d], 0.25, 1e-12);
}

TEST(Bootstrap, AnyNumberOfThreadsGivesTheSameBits) {
  Threads one(1), four(4);
  const std::vector<UserValues> metrics = {metric_of("rmse", 5003, 1, true), metric_of("ndcg@10", 5003, 2)};
  EXPECT_EQ(bootstrap(metrics, one), bootstrap(metrics, four));
}

TEST(Bootstrap, OneUserHasNoSpread) {
  Threads threads(1);
  const UserValues metric = metric_of("rmse", 1, 6, true);
  const auto draws = bootstrap({&metric, 1}, threads)[0];
  for (const double draw : draws) ASSERT_NEAR(draw, metric.value(), 1e-14);
}

TEST(Bootstrap, StoredDrawsStayPaired) {
  // Pinned: other weights would silently break the pairing with records that exist already.
  Threads threads(1);
  UserValues metric;
  metric.name = "hr@1";
  metric.users = {1, 7, 4000000000};
  metric.sums = {1, 0, 2};
  metric.weights = {1, 1, 1};
  const auto draws = bootstrap({&metric, 1}, threads)[0];
  EXPECT_NEAR(draws[0], 0.48395144031457538, 1e-12);
  EXPECT_NEAR(draws[1], 1.3993433737352863, 1e-12);
  EXPECT_NEAR(draws[999], 1.2036756711021199, 1e-12);
}

TEST(Bootstrap, NothingToAverageIsRefused) {
  Threads threads(1);
  UserValues metric;
  EXPECT_THROW(bootstrap({&metric, 1}, threads), std::invalid_argument);
  EXPECT_THROW(metric.value(), std::logic_error);
  EXPECT_TRUE(bootstrap({}, threads).empty());
}

TEST(PercentileInterval, HandValues) {
  std::vector<double> values(1001);
  std::iota(values.rbegin(), values.rend(), 0.0);
  EXPECT_NEAR(percentile_interval(values).low, 25, 1e-9);
  EXPECT_NEAR(percentile_interval(values).high, 975, 1e-9);
  // Between order statistics: positions 0.05 * 3 = 0.15 and 2.85 of 1 2 4 8.
  const Interval interval = percentile_interval({8, 1, 4, 2}, 0.9);
  EXPECT_NEAR(interval.low, 1.15, 1e-12);
  EXPECT_NEAR(interval.high, 7.4, 1e-12);
  EXPECT_EQ(percentile_interval({3}).low, 3);
  EXPECT_THROW(percentile_interval({}), std::invalid_argument);
  EXPECT_THROW(percentile_interval({1, 2}, 1.5), std::invalid_argument);
}

}  // namespace
}  // namespace embrace
