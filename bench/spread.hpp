// What repeated timings say, robustly: a run that was disturbed moves neither number much.
#pragma once
#include <algorithm>
#include <cstddef>
#include <vector>

namespace embrace {

/// The middle of at least one value; of an even number of values, the mean of the two in the middle.
template <typename Number>
Number median(std::vector<Number> values) {
  std::sort(values.begin(), values.end());
  const std::size_t half = values.size() / 2;
  return values.size() % 2 == 1 ? values[half] : (values[half - 1] + values[half]) / 2;
}

struct Spread {
  double median = 0;
  double relative = 0;  // distance of the quartiles, as a share of the median
};

/// Quantiles lie between neighbours, linearly. Throws std::invalid_argument when there are no samples.
Spread spread_of(std::vector<double> samples);

}  // namespace embrace
