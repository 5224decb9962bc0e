#include "host/methods/item2vec_negatives.hpp"

#include <algorithm>
#include <cmath>

namespace embrace {

NegativeItems::NegativeItems(const Problem& problem) : sampling_(problem.seed, Stream::sampling) {
  const double exponent = problem.hyper["exponent"];
  double sum = 0;
  for (std::int64_t i = 0; i < problem.items(); ++i) {
    const std::int64_t ratings = problem.by_item.row_size(i);
    if (ratings == 0) continue;
    sum += std::pow(static_cast<double>(ratings), exponent);
    items_.push_back(static_cast<std::int32_t>(i));
    up_to_.push_back(sum);
  }
}

void NegativeItems::draw(std::int64_t number, Span<std::int32_t> items) const {
  for (std::int64_t j = 0; j < items.size(); ++j) {
    const double at = sampling_.uniform(static_cast<std::uint64_t>(number * a_group + j)) * up_to_.back();
    const std::int64_t place = std::upper_bound(up_to_.begin(), up_to_.end(), at) - up_to_.begin();
    items[j] = items_[std::min(place, items_.size() - 1)];  // a product rounded up to the sum is beyond all
  }
}

}  // namespace embrace
