// Bootstrap over users, paired by construction: a user's weight in draw b depends on the user's raw id and b only,
// so draws of different runs over the same users can be subtracted from each other, from their records alone.
#pragma once
#include <cstdint>

#include "host/array.hpp"
#include "host/metrics/metric.hpp"
#include "host/span.hpp"
#include "host/threads.hpp"

namespace embrace {

inline constexpr int bootstrap_draws = 1000;

/// The Bayesian bootstrap (Rubin 1981): weights Exp(1) by user, drawn from Philox(raw id, draw); unlike the
/// multinomial one no draw can be empty, so it is defined for a single user too. Returns bootstrap_draws values of
/// each metric; all metrics share the weights.
Array<Array<double>> bootstrap(Span<const UserValues> metrics, Threads& threads);

struct Interval {
  double low = 0;
  double high = 0;
};
/// Percentile interval (linear interpolation between order statistics); level 0.95.
Interval percentile_interval(Array<double> draws, double level = 0.95);

}  // namespace embrace
