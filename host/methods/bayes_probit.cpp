#include "host/methods/bayes_probit.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <numbers>

namespace embrace::cpu {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

double density(double x) { return std::exp(-0.5 * x * x) * 0.3989422804014327; }

/// 1 - Φ(x)
double upper_tail(double x) { return 0.5 * std::erfc(x / std::numbers::sqrt2); }

/// Φ(b) - Φ(a), on the side where both are small.
double mass(double a, double b) { return a > 0 ? upper_tail(a) - upper_tail(b) : upper_tail(-b) - upper_tail(-a); }

/// Two uniform numbers of one counter.
struct Uniforms {
  double first, second;
  Uniforms(const Random& random, std::uint64_t a, std::uint32_t b) {
    const auto words = random.bits(a, b);
    first = Random::uniform_of((std::uint64_t{words[0]} << 32U) | words[1]);
    second = Random::uniform_of((std::uint64_t{words[2]} << 32U) | words[3]);
  }
};

/// Standard normal in (a, b) with a ≥ 0: from an exponential distribution that begins at a, or evenly where the
/// interval is short. Four of ten attempts are accepted or more, written so that what is not a number ends the loop.
double in_upper_tail(double a, double b, const Random& random, std::uint64_t counter) {
  const bool wide = (b - a) * std::max(a, 1.0) > 1.5;
  const double rate = wide ? (a + std::sqrt(a * a + 4)) / 2 : 0;
  for (std::uint32_t attempt = 0;; ++attempt) {
    const Uniforms u(random, counter, attempt);
    if (wide) {
      const double x = a - std::log(u.first) / rate;
      if (!(x > b) && !(u.second > std::exp(-0.5 * (x - rate) * (x - rate)))) return x;
    } else {
      const double x = a + u.first * (b - a);
      if (!(u.second > std::exp(0.5 * (a - x) * (a + x)))) return x;
    }
  }
}

/// Standard normal in (a, b) with a < 0 < b.
double around_zero(double a, double b, const Random& random, std::uint64_t counter) {
  const bool wide = b - a > 2;
  for (std::uint32_t attempt = 0;; ++attempt) {
    const Uniforms u(random, counter, attempt);
    if (wide) {
      const double x = std::sqrt(-2 * std::log(u.first)) * std::cos(2 * std::numbers::pi * u.second);
      if (!(x < a) && !(x > b)) return x;
    } else {
      const double x = a + u.first * (b - a);
      if (!(u.second > std::exp(-0.5 * x * x))) return x;
    }
  }
}

/// The log likelihood of cutpoints with its derivatives; the second ones are a band of two.
struct Likelihood {
  double value = 0;
  Array<double> first, diagonal, beside;

  Likelihood(Span<const double> bounds, const ScoreCounts& counts)
      : first(bounds.size() - 2), diagonal(first.size()), beside(first.size()) {
    const std::int64_t levels = counts.levels();
    for (std::int64_t l = 0; l < levels; ++l) {
      for (std::int64_t bin = 0; bin < ScoreCounts::bins; ++bin) {
        const auto n = static_cast<double>(counts.count(l, bin));
        if (n == 0) continue;
        const double score = ScoreCounts::middle(bin);
        const IntervalLikelihood of = interval_likelihood(bounds[l] - score, bounds[l + 1] - score);
        value += n * of.value;
        if (l > 0) {
          first[l - 1] += n * of.by_low;
          diagonal[l - 1] += n * of.by_low_low;
        }
        if (l + 1 < levels) {
          first[l] += n * of.by_high;
          diagonal[l] += n * of.by_high_high;
        }
        if (l > 0 && l + 1 < levels) beside[l - 1] += n * of.by_low_high;
      }
    }
  }
};

/// -(second derivatives) = L L' with L of two diagonals.
struct Factor {
  Array<double> diagonal, below;

  explicit Factor(const Likelihood& at) : diagonal(at.diagonal.size()), below(at.diagonal.size()) {
    for (std::int64_t c = 0; c < diagonal.size(); ++c) {
      const double left = c == 0 ? 0 : below[c - 1];
      diagonal[c] = std::sqrt(std::max(-at.diagonal[c] - left * left, 1e-9));
      below[c] = -at.beside[c] / diagonal[c];
    }
  }
  /// x = L⁻¹ x
  void solve_lower(Array<double>& x) const {
    for (std::int64_t c = 0; c < x.size(); ++c) x[c] = (x[c] - (c == 0 ? 0 : below[c - 1] * x[c - 1])) / diagonal[c];
  }
  /// x = L'⁻¹ x
  void solve_upper(Array<double>& x) const {
    for (std::int64_t c = x.size(); c-- > 0;) {
      x[c] = (x[c] - (c + 1 == x.size() ? 0 : below[c] * x[c + 1])) / diagonal[c];
    }
  }
  /// |L' x|²
  double square(const Array<double>& x) const {
    double sum = 0;
    for (std::int64_t c = 0; c < x.size(); ++c) {
      const double y = diagonal[c] * x[c] + (c + 1 == x.size() ? 0 : below[c] * x[c + 1]);
      sum += y * y;
    }
    return sum;
  }
};

bool ascending(Span<const double> bounds) {
  return std::adjacent_find(bounds.begin(), bounds.end(), std::greater_equal{}) == bounds.end();
}

/// Bounds whose cutpoints have moved by share · `by`.
Array<double> moved(const Array<double>& bounds, const Array<double>& by, double share) {
  Array<double> out{-infinity};
  for (std::int64_t c = 0; c < by.size(); ++c) out.push_back(bounds[c + 1] + share * by[c]);
  out.push_back(infinity);
  return out;
}

/// By Newton's method; the likelihood is concave.
struct Mode {
  Array<double> bounds;
  Likelihood at;

  Mode(const Array<double>& start, const ScoreCounts& counts) : bounds(start), at(start, counts) {
    for (int iteration = 0; iteration < 50; ++iteration) {
      const Factor factor(at);
      Array<double> step = at.first;
      factor.solve_lower(step);
      factor.solve_upper(step);
      double largest = 0;
      for (const double s : step) largest = std::max(largest, std::abs(s));
      if (!(largest > 1e-7)) break;
      if (!take(step, counts)) break;
    }
  }

 private:
  bool take(const Array<double>& step, const ScoreCounts& counts) {
    for (int halvings = 0; halvings < 10; ++halvings) {
      const double share = std::ldexp(1.0, -halvings);
      const Array<double> next = moved(bounds, step, share);
      if (!ascending(next)) continue;
      Likelihood there(next, counts);
      if (!(there.value >= at.value)) continue;
      bounds = next;
      at = std::move(there);
      return true;
    }
    return false;
  }
};

}  // namespace

double truncated_normal(double mean, double low, double high, const Random& random, std::uint64_t a) {
  const double from = low - mean, to = high - mean;
  if (from >= 0) return mean + in_upper_tail(from, to, random, a);
  if (to <= 0) return mean - in_upper_tail(-to, -from, random, a);
  return mean + around_zero(from, to, random, a);
}

IntervalLikelihood interval_likelihood(double a, double b) {
  const double p = std::max(mass(a, b), 1e-300);
  const double at_a = std::isinf(a) ? 0 : density(a) / p;
  const double at_b = std::isinf(b) ? 0 : density(b) / p;
  const double of_a = std::isinf(a) ? 0 : a * at_a;
  const double of_b = std::isinf(b) ? 0 : b * at_b;
  return {.value = std::log(p),
          .by_low = -at_a,
          .by_high = at_b,
          .by_low_low = of_a - at_a * at_a,
          .by_low_high = at_a * at_b,
          .by_high_high = -of_b - at_b * at_b};
}

void ScoreCounts::add(std::int64_t level, float score) {
  const double bin = std::floor(static_cast<double>(score) / width) + static_cast<double>(bins) / 2;
  ++counts_[level * bins + static_cast<std::int64_t>(std::clamp(bin, 0.0, static_cast<double>(bins - 1)))];
}

void ScoreCounts::add(const ScoreCounts& other) {
  for (std::int64_t c = 0; c < counts_.size(); ++c) counts_[c] += other.counts_[c];
}

Cutpoints::Cutpoints(Span<const float> values, Span<const std::int64_t> counts)
    : values_(values.begin(), values.end()), bounds_{-infinity} {
  double total = 0, below = 0;
  for (const std::int64_t n : counts) total += static_cast<double>(n);
  for (std::int64_t l = 0; l + 1 < levels(); ++l) {
    below += static_cast<double>(counts[l]);
    // Φ(bound) is the share of ratings below, by bisection.
    double low = -10, high = 10;
    while (high - low > 1e-6) {
      const double middle = (low + high) / 2;
      (upper_tail(-middle) < below / total ? low : high) = middle;
    }
    bounds_.push_back(high);
  }
  bounds_.push_back(infinity);
}

std::int64_t Cutpoints::level_of(float value) const {
  return std::lower_bound(values_.begin(), values_.end(), value) - values_.begin();
}

double Cutpoints::expected(double score) const {
  double sum = static_cast<double>(values_[0]);
  for (std::int64_t l = 1; l < levels(); ++l) {
    sum += static_cast<double>(values_[l] - values_[l - 1]) * upper_tail(bounds_[l] - score);
  }
  return sum;
}

bool Cutpoints::sample(const ScoreCounts& counts, const Random& random, std::uint64_t a) {
  if (levels() < 2) return false;
  const Mode mode(bounds_, counts);
  const Factor factor(mode.at);
  Array<double> step(levels() - 1);
  for (std::int64_t c = 0; c < step.size(); ++c) step[c] = random.normal(a, static_cast<std::uint32_t>(c));
  factor.solve_upper(step);
  const Array<double> proposed = moved(mode.bounds, step, 1);
  if (!ascending(proposed)) return false;
  Array<double> now(step.size());
  for (std::int64_t c = 0; c < now.size(); ++c) now[c] = bounds_[c + 1] - mode.bounds[c + 1];
  // log of  π(proposed) q(now) / (π(now) q(proposed))
  const double gain = Likelihood(proposed, counts).value - Likelihood(bounds_, counts).value +
                      0.5 * (factor.square(step) - factor.square(now));
  if (!(std::log(random.uniform(a, static_cast<std::uint32_t>(step.size()))) < gain)) return false;
  bounds_ = proposed;
  return true;
}

}  // namespace embrace::cpu
