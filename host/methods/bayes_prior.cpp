#include "host/methods/bayes_prior.hpp"

#include <algorithm>
#include <cmath>

namespace embrace::cpu {

double gamma(const Random& random, std::uint64_t a, std::uint32_t b, double shape, double rate) {
  // A shape below 1 is that of shape + 1 times a power of a uniform number (section 6).
  const double boost = shape < 1 ? std::pow(random.uniform(a, b++), 1 / shape) : 1;
  const double d = (shape < 1 ? shape + 1 : shape) - 1.0 / 3;
  const double c = 1 / std::sqrt(9 * d);
  for (;; b += 2) {  // accepted with 95 % or more
    const double x = random.normal(a, b);
    const double v = std::pow(1 + c * x, 3);
    if (v > 0 && std::log(random.uniform(a, b + 1)) < x * x / 2 + d * (1 - v + std::log(v)))
      return boost * d * v / rate;
  }
}

NormalPrior draw_prior(const Moments& moments, const NormalPrior& now, double beta, const Random& random,
                       std::uint64_t a, std::uint32_t b) {
  const auto n = static_cast<double>(moments.count);
  const auto mean = static_cast<double>(now.mean);
  const double distances = std::max(0.0, moments.squares - 2 * mean * moments.sum + n * mean * mean);
  const double precision = gamma(random, a, b, (1 + n + 1) / 2, (beta + distances + mean * mean) / 2);
  const double drawn = moments.sum / (n + 1) + random.normal(a, b + 511) / std::sqrt((n + 1) * precision);
  return {static_cast<float>(drawn), static_cast<float>(precision)};
}

}  // namespace embrace::cpu
