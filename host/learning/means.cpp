#include "host/learning/means.hpp"
#include "host/array.hpp"

namespace embrace {

double global_mean(CsrView ratings) {
  double sum = 0;
  for (std::int64_t e = 0; e < ratings.entries(); ++e) sum += static_cast<double>(ratings.values[e]);
  return ratings.entries() == 0 ? 0.0 : sum / static_cast<double>(ratings.entries());
}

Array<float> row_means(CsrView ratings, double otherwise, Threads& threads) {
  Array<float> means(ratings.rows);
  threads.for_ranges(ratings.rows, 256, [&](std::int64_t begin, std::int64_t end, int) {
    for (std::int64_t r = begin; r < end; ++r) {
      double sum = 0;
      for (const float value : ratings.row_values(r)) sum += static_cast<double>(value);
      const auto n = static_cast<double>(ratings.row_size(r));
      means[r] = static_cast<float>(n > 0 ? sum / n : otherwise);
    }
  });
  return means;
}

}  // namespace embrace
