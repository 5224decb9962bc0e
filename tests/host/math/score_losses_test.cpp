#include "host/math/score_losses.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "host/random.hpp"

namespace embrace {
namespace {

constexpr std::int64_t widths[] = {0, 1, 15, 16, 17, 33, 100};
constexpr float none = -std::numeric_limits<float>::infinity();

/// Between -1 and 1; every fifth has no part.
std::vector<float> scores(std::int64_t n) {
  const Random random(1, Stream::synthetic);
  std::vector<float> out;
  for (std::int64_t k = 0; k < n; ++k) {
    out.push_back(k % 5 == 3 ? none : static_cast<float>(2 * random.uniform(static_cast<std::uint64_t>(k)) - 1));
  }
  return out;
}

TEST(ScoreLosses, TheLargest) {
  for (const std::int64_t n : widths) {
    std::vector<float> x = scores(n);
    EXPECT_EQ(largest(1.5F, x.data(), n), 1.5F) << n;
    for (std::size_t k = 0; k < x.size(); ++k) {
      const float before = x[k];
      x[k] = 7;
      EXPECT_EQ(largest(none, x.data(), n), 7.0F) << k << " of " << n;
      x[k] = before;
    }
  }
}

// Exp errs by a few ulp, a sum of n floats by n roundings.
TEST(ScoreLosses, Exponentials) {
  for (const std::int64_t n : widths) {
    for (const float factor : {1.0F, 10.0F, 1000.0F}) {
      const std::vector<float> before = scores(n);
      std::vector<float> x = before;
      double expected = 0;
      const float sum = exponentials(1, factor, x.data(), n);
      for (std::size_t k = 0; k < x.size(); ++k) {
        const double term = std::exp(static_cast<double>(factor) * (static_cast<double>(before[k]) - 1));
        // The product is rounded: it errs by 2^-24 of itself, at most 2000 here where the result is not 0.
        EXPECT_NEAR(static_cast<double>(x[k]), term, 2e-5 * term + 1e-37) << k << " of " << n;
        expected += term;
      }
      EXPECT_NEAR(static_cast<double>(sum), expected, 3e-5 * expected + 1e-36) << n;
    }
  }
}

TEST(ScoreLosses, Hinges) {
  for (const std::int64_t n : widths) {
    for (const float margin : {-1.0F, 0.3F, 1.0F}) {
      const std::vector<float> before = scores(n);
      std::vector<float> x = before;
      double expected = 0;
      const float sum = hinges(margin, 0.5F, x.data(), n);
      for (std::size_t k = 0; k < x.size(); ++k) {
        EXPECT_EQ(x[k], before[k] > margin ? 0.5F : 0.0F) << k << " of " << n;
        expected += std::max(0.0, static_cast<double>(before[k]) - static_cast<double>(margin));
      }
      EXPECT_NEAR(static_cast<double>(sum), expected, 1e-5 * expected) << n;
    }
  }
}

// Exp, log and the quotient err by a few ulp each, a sum of n floats by n roundings.
TEST(ScoreLosses, Logistic) {
  for (const std::int64_t n : widths) {
    for (const float sign : {1.0F, -1.0F}) {
      for (const float size : {1.0F, 40.0F}) {
        std::vector<float> before = scores(n);
        for (float& score : before) score *= score == none ? sign : size;
        std::vector<float> x = before;
        double expected = 0;
        const float sum = logistic_losses(sign, 0.3F, x.data(), n);
        for (std::size_t k = 0; k < x.size(); ++k) {
          const double z = static_cast<double>(sign) * static_cast<double>(before[k]);
          const double slope = static_cast<double>(sign) * static_cast<double>(0.3F) / (1 + std::exp(-z));
          EXPECT_NEAR(static_cast<double>(x[k]), slope, 1e-6 * std::fabs(slope)) << k << " of " << n << ", " << z;
          expected += std::log1p(std::exp(z));
        }
        EXPECT_NEAR(static_cast<double>(sum), expected, 1e-5 * expected) << n;
      }
    }
  }
}

// The sum errs as in Exponentials; what follows from it is one quotient.
TEST(ScoreLosses, ASampledSoftmax) {
  for (const std::int64_t n : widths) {
    for (const double each : {1.0, 7.5}) {
      const float sharp = 4, positive = 0.3F;
      const std::vector<float> before = scores(n);
      std::vector<float> x = before;
      const auto part = [&](float score) { return std::exp(static_cast<double>(sharp) * static_cast<double>(score)); };
      double all = part(positive);
      for (const float score : before) all += each * part(score);
      const SoftmaxTerm term = sampled_softmax(sharp, positive, each, x.data(), n);
      EXPECT_NEAR(term.loss, -std::log(part(positive) / all), 3e-5) << n;
      EXPECT_NEAR(static_cast<double>(term.positive), static_cast<double>(sharp) * (part(positive) / all - 1), 1e-4);
      for (std::size_t k = 0; k < x.size(); ++k) {
        const double slope = static_cast<double>(sharp) * each * part(before[k]) / all;
        EXPECT_NEAR(static_cast<double>(x[k]), slope, 5e-5 * slope) << k << " of " << n;
      }
    }
  }
}

TEST(ScoreLosses, AScaledRow) {
  for (const std::int64_t n : widths) {
    std::vector<float> x(static_cast<std::size_t>(n) + 1, 3.0F);
    scale_row(0.5F, x.data(), n);
    for (std::size_t k = 0; k < x.size(); ++k) EXPECT_EQ(x[k], k + 1 < x.size() ? 1.5F : 3.0F) << k << " of " << n;
  }
}

}  // namespace
}  // namespace embrace
