// Ordered probit (Albert and Chib 1993, "Bayesian analysis of binary and polychotomous response data", section 4): a
// rating is the interval between cutpoints that a latent number of deviation 1 around the model's score falls into.
#pragma once
#include <cstdint>

#include "host/array.hpp"
#include "host/random.hpp"
#include "host/span.hpp"

namespace embrace::cpu {

/// Of a normal number with this mean and deviation 1 that is known to lie between `low` and `high`, which may be
/// infinite. By rejection (Robert 1995, "Simulation of truncated normal variables"), which knows no cancellation
/// however far out the interval is. Counters (a, 0), (a, 1), …
double truncated_normal(double mean, double low, double high, const Random& random, std::uint64_t a);

/// log(Φ(b) - Φ(a)), a < b, with its derivatives; finite however far out.
struct IntervalLikelihood {
  double value;
  double by_low, by_high;                        // first derivatives
  double by_low_low, by_low_high, by_high_high;  // second
};
IntervalLikelihood interval_likelihood(double a, double b);

/// How many ratings of each level have a score in each of the narrow bins, which stand for their middles. A width of
/// 2^-7 changes the likelihood of a rating by about 2^-14 / 24 of its curvature, a thousandth of what a million ratings
/// leave uncertain about a cutpoint.
class ScoreCounts {
 public:
  static constexpr std::int64_t bins = 4096;
  static constexpr double width = 0x1p-7;
  static double middle(std::int64_t bin) {
    return (static_cast<double>(bin) - static_cast<double>(bins) / 2 + 0.5) * width;
  }

  explicit ScoreCounts(std::int64_t levels) : counts_(levels * bins) {}
  void clear() { counts_.assign(counts_.size(), 0); }
  void add(std::int64_t level, float score);
  void add(std::int64_t level, std::int64_t bin, std::int64_t count) { counts_[level * bins + bin] += count; }
  void add(const ScoreCounts& other);
  std::int64_t levels() const { return counts_.size() / bins; }
  std::int64_t count(std::int64_t level, std::int64_t bin) const { return counts_[level * bins + bin]; }

 private:
  Array<std::int64_t> counts_;
};

class Cutpoints {
 public:
  /// `values`: ascending ratings that occur, `counts` of each, at least 1. The first cutpoints are those of a model
  /// that knows nothing else.
  Cutpoints(Span<const float> values, Span<const std::int64_t> counts);

  std::int64_t levels() const { return values_.size(); }
  std::int64_t level_of(float value) const;
  float value(std::int64_t level) const { return values_[level]; }
  double low(std::int64_t level) const { return bounds_[level]; }
  double high(std::int64_t level) const { return bounds_[level + 1]; }
  /// Of a rating whose score this is.
  double expected(double score) const;

  /// Given the scores, the latent numbers integrated out (Cowles 1996), and a flat prior: one step of Metropolis and
  /// Hastings, whose proposal is the normal distribution at the mode. True when it was taken.
  bool sample(const ScoreCounts& counts, const Random& random, std::uint64_t a);

 private:
  Array<float> values_;
  Array<double> bounds_;  // -∞, cutpoints ascending, ∞
};

}  // namespace embrace::cpu
