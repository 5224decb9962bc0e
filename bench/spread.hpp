// What repeated timings say, robustly: a run that was disturbed moves neither number much.
#pragma once
#include <vector>

namespace embrace {

struct Spread {
  double median = 0;
  double relative = 0;  // distance of the quartiles, as a share of the median
};

/// Quantiles lie between neighbours, linearly. Throws std::invalid_argument when there are no samples.
Spread spread_of(std::vector<double> samples);

}  // namespace embrace
