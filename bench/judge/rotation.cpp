#include "bench/judge/rotation.hpp"

#include <algorithm>
#include <cmath>

#include "host/random.hpp"

namespace embrace::judge {
namespace {

/// A judge without chance must say the same of a turned source up to the rounding of its vectors.
constexpr double exact_tolerance = 1e-5;
/// Of judges with chance, however alike their seeds are: rounding alone can lead to another setting or epoch.
constexpr double least_noise = 0.002;

/// Eight random reflections and a factor.
void turn(Matrix& rows, float factor) {
  const Random random(1, Stream::features);
  const std::int64_t n = rows.columns();
  Array<double> v(n);
  for (std::uint32_t reflection = 0; reflection < 8; ++reflection) {
    double length = 0;
    for (std::int64_t k = 0; k < n; ++k) {
      v[k] = random.normal(static_cast<std::uint64_t>(k), 500 + reflection);
      length += v[k] * v[k];
    }
    for (std::int64_t r = 0; r < rows.rows(); ++r) {
      double along = 0;
      for (std::int64_t k = 0; k < n; ++k) along += v[k] * static_cast<double>(rows(r, k)) / length;
      for (std::int64_t k = 0; k < n; ++k) {
        rows(r, k) = static_cast<float>(static_cast<double>(rows(r, k)) - 2 * v[k] * along);
      }
    }
  }
  for (std::int64_t k = 0; k < rows.size(); ++k) rows.data()[k] *= factor;
}

}  // namespace

bool rotation_matters_not(const Draw& draw, const MadeSource& made, int width, const JudgeInfo& judge,
                          Span<const std::uint64_t> seeds, const std::vector<Outcome>& outcomes, Threads& threads) {
  MadeSource turned = made;
  turn(turned.vectors.items.rows, 10);
  turn(turned.vectors.users.rows, 0.1F);
  const Prepared prepared = prepare(draw, turned, width, threads);
  const double again = judged(draw, made, prepared, judge, {seeds.data(), 1}, threads)[0].headline();
  const double before = outcomes[0].headline();
  double low = before, high = before;
  for (const Outcome& outcome : outcomes) {
    low = std::min(low, outcome.headline());
    high = std::max(high, outcome.headline());
  }
  const double tolerance = judge.chance ? std::max(high - low, least_noise) : exact_tolerance;
  return std::abs(again - before) <= tolerance;
}

}  // namespace embrace::judge
