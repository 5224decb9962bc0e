#include "host/learning/means.hpp"
#include "host/array.hpp"

namespace embrace {

Array<float> row_means(const RatingAggregates& rows, double otherwise) {
  Array<float> means;
  for (std::int64_t r = 0; r < rows.count.size(); ++r) {
    means.push_back(static_cast<float>(rows.count[r] > 0 ? rows.mean(r) : otherwise));
  }
  return means;
}

}  // namespace embrace
