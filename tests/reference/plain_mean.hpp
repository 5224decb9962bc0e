// The mean of all ratings by one plain loop.
#pragma once
#include "host/views.hpp"

namespace embrace::test {

inline double plain_mean(CsrView ratings) {
  double sum = 0;
  for (std::int64_t e = 0; e < ratings.entries(); ++e) sum += static_cast<double>(ratings.values[e]);
  return sum / static_cast<double>(ratings.entries());
}

}  // namespace embrace::test
