#include "host/judge/probes.hpp"

#include <cmath>
#include <limits>

#include "host/math/orthogonal.hpp"

namespace embrace::judge {

double effective_rank(const EntityVectors& items) {
  const std::int64_t width = items.rows.columns();
  Array<double> sum(width, 0.0), squares(width, 0.0);
  double n = 0;
  for (std::int64_t i = 0; i < items.rows.rows(); ++i) {
    if (items.known[i] == 0) continue;
    n += 1;
    for (std::int64_t k = 0; k < width; ++k) {
      const auto x = static_cast<double>(items.rows(i, k));
      sum[k] += x;
      squares[k] += x * x;
    }
  }
  double all = 0, entropy = 0;
  for (std::int64_t k = 0; k < width; ++k) {
    squares[k] = std::max(0.0, squares[k] - sum[k] * sum[k] / std::max(1.0, n));
    all += squares[k];
  }
  if (all <= 0) return 0;
  for (const double s : squares) {
    if (s > 0) entropy -= s / all * std::log(s / all);
  }
  return std::exp(entropy);
}

double aligned_similarity(const EntityVectors& a, const EntityVectors& b, Threads& threads) {
  const std::int64_t width = a.rows.columns();
  Array<double> products(width * width, 0.0);
  double of_a = 0, of_b = 0;
  for (std::int64_t r = 0; r < a.rows.rows(); ++r) {
    if (a.known[r] == 0 || b.known[r] == 0) continue;
    for (std::int64_t i = 0; i < width; ++i) {
      const auto x = static_cast<double>(a.rows(r, i));
      of_a += x * x;
      of_b += std::pow(static_cast<double>(b.rows(r, i)), 2);
      for (std::int64_t k = 0; k < width; ++k) products[i * width + k] += x * static_cast<double>(b.rows(r, k));
    }
  }
  if (of_a <= 0 || of_b <= 0) return std::numeric_limits<double>::quiet_NaN();
  double sum = 0;
  for (const double value : rotate_columns(products, width, threads).values) sum += value;
  return sum / std::sqrt(of_a * of_b);
}

}  // namespace embrace::judge
