// What a figure is worth when users are drawn, and whatever else was repeated: docs/statistics.md has the reasons.
#pragma once
#include <limits>
#include <vector>

#include "host/metrics/statistics.hpp"
#include "host/span.hpp"

namespace embrace {

/// One repetition of a measurement (another seed): what it gave, and its bootstrap draws over users.
struct Replicate {
  double value = 0;
  std::vector<double> draws;
};

/// Of the mean over replicates, or of a difference of such means.
struct Estimate {
  double value = 0;
  double user_variance = 0;    // of the mean, from the draw of users
  double repeat_variance = 0;  // of the mean, from what the replicates differ by beyond that
  double interaction = 0;      // of the mean: what both variances would hold, were it not taken from one of them
  double user_freedom = std::numeric_limits<double>::infinity();  // degrees of freedom of user_variance
  double freedom = user_freedom;                                  // of both, for Student's t
  double acceleration = 0;                                        // skewness of the mean's error / 6
  double error() const;                                           // standard
  /// Second-order correct for skewed values (Hall 1992): value + error * (z + a (2 z^2 + 1) + …), as a curve that rises
  /// everywhere.
  Interval interval(double level = 0.95) const;
  /// value / error as a standard normal deviation: beyond ±1.96 exactly where the 95 % interval excludes zero.
  double score() const;
  /// Two-sided, of a true value of zero.
  double p_value() const;
};

/// The mean of one or more replicates over the same users, whose draws are paired. The two variances are those of users
/// crossed with replicates. `users`: UserValues::effective_users, 0 when it is not known. Without draws, or with
/// replicates of unlike numbers of them, there is no variance.
Estimate estimate(Span<const Replicate> replicates, double users);

/// a - b, replicate by replicate, draw by draw; both have as many.
std::vector<Replicate> difference(Span<const Replicate> a, Span<const Replicate> b);

}  // namespace embrace
