#include "bench/spread.hpp"

#include <algorithm>
#include <cmath>
#include <stdexcept>

namespace embrace {

Spread spread_of(std::vector<double> samples) {
  if (samples.empty()) throw std::invalid_argument("spread_of: no samples");
  std::sort(samples.begin(), samples.end());
  const auto quantile = [&](double share) {
    const double place = share * static_cast<double>(samples.size() - 1);
    const auto below = static_cast<std::size_t>(place);
    const std::size_t above = std::min(below + 1, samples.size() - 1);
    return std::lerp(samples[below], samples[above], place - std::floor(place));
  };
  const double middle = median(samples);
  return {middle, middle > 0 ? (quantile(0.75) - quantile(0.25)) / middle : 0};
}

}  // namespace embrace
