#include "host/math/row_schedule.hpp"
#include "host/span.hpp"

#include <algorithm>
#include <numeric>

namespace embrace {
namespace {

constexpr std::int64_t ratings_a_task = 1024;  // hides the cost of handing a task out
constexpr std::int64_t rows_a_task = 64;

}  // namespace

RowSchedule::RowSchedule(CsrView rows) : order_(rows.rows) {
  std::iota(order_.begin(), order_.end(), 0);
  std::stable_sort(order_.begin(), order_.end(),
                   [&](std::int32_t a, std::int32_t b) { return rows.row_size(a) > rows.row_size(b); });
  std::int64_t ratings = 0;
  for (std::int64_t n = 0; n < rows.rows; ++n) {
    ratings += rows.row_size(order_[n]);
    if (ratings >= ratings_a_task || n + 1 - begins_.back() == rows_a_task || n + 1 == rows.rows) {
      begins_.push_back(n + 1);
      ratings = 0;
    }
  }
}

Span<const std::int32_t> RowSchedule::rows(std::int64_t task) const {
  const auto begin = begins_[task];
  const auto end = begins_[task + 1];
  return {order_.data() + begin, end - begin};
}

}  // namespace embrace
