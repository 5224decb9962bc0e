#include "host/metrics/holm.hpp"

#include <algorithm>
#include <numeric>

namespace embrace {

Array<double> holm(Array<double> p_values) {
  Array<std::int64_t> order(p_values.size());
  std::iota(order.begin(), order.end(), std::int64_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::int64_t a, std::int64_t b) { return p_values[a] < p_values[b]; });
  double last = 0;
  for (std::int64_t k = 0; k < order.size(); ++k) {
    double& p = p_values[order[k]];
    last = std::min(1.0, std::max(last, p * static_cast<double>(order.size() - k)));
    p = last;
  }
  return p_values;
}

}  // namespace embrace
