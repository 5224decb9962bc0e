// The probe of neighbours (host/judge/probes.hpp).
#include <algorithm>
#include <cmath>

#include "host/judge/probes.hpp"
#include "host/math/vector_math.hpp"

namespace embrace::judge {
namespace {

constexpr std::int64_t nearest = 100, least_ratings = 10, most_queries = 2000;

class Neighbours {
 public:
  Neighbours(const EntityVectors& items, CsrView ratings, Threads& threads)
      : by_user_(ratings), by_item_(transposed(ratings, threads)), unit_(items.rows), place_(ratings.columns, -1) {
    for (std::int64_t i = 0; i < ratings.columns; ++i) {
      if (items.known[i] == 0 || by_item_.view().row_size(i) < least_ratings) continue;
      place_[i] = static_cast<std::int32_t>(members_.size());
      members_.push_back(static_cast<std::int32_t>(i));
      float* row = unit_.row(i);
      const float length = std::sqrt(dot(row, row, unit_.columns()));
      for (std::int64_t k = 0; k < unit_.columns() && length > 0; ++k) row[k] /= length;
    }
  }

  double recall(Threads& threads) const {
    const std::int64_t n = members_.size(), count = std::min(nearest, n - 1), queries = std::min(n, most_queries);
    if (count < 1) return 0;
    Array<double> shares(queries, 0.0);
    threads.for_ranges(queries, 16, [&](std::int64_t begin, std::int64_t end, int) {
      for (std::int64_t q = begin; q < end; ++q) {
        const std::int64_t a = q * n / queries;
        const Array<std::int32_t> by_users = top(overlap_with(a), a, count), by_vector = top(cosine_with(a), a, count);
        Array<std::uint8_t> near(n, 0);
        for (const std::int32_t b : by_users) near[b] = 1;
        for (const std::int32_t b : by_vector) shares[q] += near[b];
      }
    });
    double sum = 0;
    for (const double share : shares) sum += share;
    return sum / static_cast<double>(queries * count);
  }

 private:
  /// Jaccard's index of member a and each member.
  Array<float> overlap_with(std::int64_t a) const {
    const CsrView items = by_item_.view();
    Array<float> both(members_.size(), 0.0F);
    for (const std::int32_t user : items.row_indices(members_[a])) {
      for (const std::int32_t item : by_user_.row_indices(user)) {
        if (place_[item] >= 0) both[place_[item]] += 1;
      }
    }
    const auto own = static_cast<float>(items.row_size(members_[a]));
    for (std::int64_t b = 0; b < both.size(); ++b) {
      both[b] /= own + static_cast<float>(items.row_size(members_[b])) - both[b];
    }
    return both;
  }

  Array<float> cosine_with(std::int64_t a) const {
    Array<float> cosines(members_.size());
    for (std::int64_t b = 0; b < cosines.size(); ++b) {
      cosines[b] = dot(unit_.row(members_[a]), unit_.row(members_[b]), unit_.columns());
    }
    return cosines;
  }

  /// The `count` members of largest value but `a`; of equal ones the earlier.
  static Array<std::int32_t> top(const Array<float>& values, std::int64_t a, std::int64_t count) {
    Array<std::int32_t> order;
    for (std::int64_t b = 0; b < values.size(); ++b) {
      if (b != a) order.push_back(static_cast<std::int32_t>(b));
    }
    std::nth_element(order.begin(), order.begin() + (count - 1), order.end(), [&](std::int32_t x, std::int32_t y) {
      return values[x] > values[y] || (values[x] == values[y] && x < y);
    });
    order.resize(count);
    return order;
  }

  CsrView by_user_;
  Csr by_item_;
  Matrix unit_;
  Array<std::int32_t> place_, members_;  // of an item among the members, or -1; the members
};

}  // namespace

double neighbour_recall(const EntityVectors& items, CsrView ratings, Threads& threads) {
  return Neighbours(items, ratings, threads).recall(threads);
}

}  // namespace embrace::judge
