// The inner loop of sgd against the formula of host/methods/sgd.cpp, rating after rating in double precision.
#include "host/methods/sgd_kernel.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "host/matrix.hpp"
#include "host/random.hpp"

namespace embrace {
namespace {

constexpr std::int32_t users = 7, items = 11;
constexpr float rate = 0.05F;

/// One side in both precisions.
struct Rows {
  Matrix factors;
  AlignedVector<float> bias;
  std::vector<float> decay, bias_decay;
  std::vector<std::vector<double>> plain;
  std::vector<double> plain_bias;

  Rows(std::int64_t rows, std::int64_t width, const Random& random, std::uint64_t first)
      : factors(rows, width), bias(static_cast<std::size_t>(rows)), plain_bias(static_cast<std::size_t>(rows)) {
    for (std::int64_t r = 0; r < rows; ++r) {
      const std::uint64_t number = first + static_cast<std::uint64_t>(r);
      plain.emplace_back();
      for (std::int64_t k = 0; k < width; ++k) {
        factors(r, k) = static_cast<float>(random.normal(number, static_cast<std::uint32_t>(k))) /
                        std::sqrt(static_cast<float>(width));
        plain.back().push_back(static_cast<double>(factors(r, k)));
      }
      decay.push_back(0.3F + 0.1F * static_cast<float>(r));
      bias_decay.push_back(0.2F + 0.05F * static_cast<float>(r));
    }
  }
};

class SgdKernel : public testing::TestWithParam<std::int64_t> {};

TEST_P(SgdKernel, FollowsTheFormulaAlongRunsOfEveryLength) {
  const std::int64_t width = GetParam();
  const Random random(1, Stream::initial);
  Rows user(users, width, random, 0), item(items, width, random, users);
  // Runs of 1, 2, 3, 10 and 40 ratings, one user twice; in each longer run a movie is rated twice and three times on
  // end.
  std::vector<UserRun> runs;
  std::vector<std::int32_t> rated;
  std::vector<float> values;
  for (const auto& [u, count] :
       {std::pair(3, 1), std::pair(0, 2), std::pair(6, 3), std::pair(1, 10), std::pair(3, 40)}) {
    runs.push_back({u, count, static_cast<std::int64_t>(rated.size())});
    for (std::int32_t n = 0; n < count; ++n) {
      const bool again = n % 7 == 2 || n % 14 == 3;
      rated.push_back(again ? rated.back() : (u + 5 * n) % items);
      values.push_back(static_cast<float>((u + 3 * n) % 5) - 2);
    }
  }
  const SgdState state{user.factors.data(),
                       item.factors.data(),
                       user.bias.data(),
                       item.bias.data(),
                       user.decay.data(),
                       item.decay.data(),
                       user.bias_decay.data(),
                       item.bias_decay.data(),
                       rated.data(),
                       values.data(),
                       width,
                       rate};
  const double squares = descend(state, runs);

  double expected_squares = 0;
  for (const UserRun& run : runs) {
    for (std::int64_t e = run.first; e < run.first + run.count; ++e) {
      const auto u = static_cast<std::size_t>(run.user);
      const auto i = static_cast<std::size_t>(rated[static_cast<std::size_t>(e)]);
      auto &p = user.plain[u], &q = item.plain[i];
      double error = static_cast<double>(values[static_cast<std::size_t>(e)]) - user.plain_bias[u] - item.plain_bias[i];
      for (std::size_t k = 0; k < p.size(); ++k) error -= p[k] * q[k];
      expected_squares += error * error;
      const auto eta = static_cast<double>(rate);
      user.plain_bias[u] += eta * (error - static_cast<double>(user.bias_decay[u]) * user.plain_bias[u]);
      item.plain_bias[i] += eta * (error - static_cast<double>(item.bias_decay[i]) * item.plain_bias[i]);
      for (std::size_t k = 0; k < p.size(); ++k) {
        const double old_p = p[k];
        p[k] += eta * (error * q[k] - static_cast<double>(user.decay[u]) * old_p);
        q[k] += eta * (error * old_p - static_cast<double>(item.decay[i]) * q[k]);
      }
    }
  }
  // 56 updates of values below 4; each rounds a value a few times at 2^-24 of it, and the decay lets old roundings
  // fade.
  constexpr double bound = 56 * 4 * 4 * 6e-8;
  EXPECT_NEAR(squares, expected_squares, 56 * bound);
  for (std::size_t u = 0; u < users; ++u) {
    EXPECT_NEAR(user.bias[u], user.plain_bias[u], bound) << "user " << u;
    for (std::size_t k = 0; k < user.plain[u].size(); ++k) {
      ASSERT_NEAR(user.factors(static_cast<std::int64_t>(u), static_cast<std::int64_t>(k)), user.plain[u][k], bound);
    }
  }
  for (std::size_t i = 0; i < items; ++i) {
    EXPECT_NEAR(item.bias[i], item.plain_bias[i], bound) << "item " << i;
    for (std::size_t k = 0; k < item.plain[i].size(); ++k) {
      ASSERT_NEAR(item.factors(static_cast<std::int64_t>(i), static_cast<std::int64_t>(k)), item.plain[i][k], bound);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Widths, SgdKernel, testing::Values(16, 32, 48, 64, 112, 128, 160),
                         testing::PrintToStringParamName());

}  // namespace
}  // namespace embrace
