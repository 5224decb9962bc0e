#include "cuda/methods/sgd_schedule.hpp"

#include <algorithm>
#include <functional>
#include <numeric>
#include <queue>
#include <utility>

namespace embrace::gpu {
namespace {

std::vector<std::int32_t> deal(CsrView rows, std::int64_t strips) {
  std::vector<std::int32_t> order(static_cast<std::size_t>(rows.rows));
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(),
                   [&](std::int32_t a, std::int32_t b) { return rows.row_size(a) > rows.row_size(b); });
  using Load = std::pair<std::int64_t, std::int32_t>;  // ratings so far, strip
  std::priority_queue<Load, std::vector<Load>, std::greater<>> lightest;
  for (std::int32_t s = 0; s < strips; ++s) lightest.emplace(0, s);
  std::vector<std::int32_t> strip(order.size());
  for (const std::int32_t row : order) {
    auto [load, s] = lightest.top();
    lightest.pop();
    strip[static_cast<std::size_t>(row)] = s;
    lightest.emplace(load + rows.row_size(row), s);
  }
  return strip;
}

}  // namespace

std::int64_t sgd_groups(std::int64_t users, std::int64_t items, std::int64_t ratings) {
  constexpr std::int64_t mean_block = 8;
  constexpr std::int64_t warps = SgdSchedule::warps;
  std::int64_t groups = 1;
  while (groups < SgdSchedule::most_groups && 2 * groups * warps <= std::min(users, items) &&
         4 * groups * groups * warps * warps * mean_block <= ratings) {
    groups *= 2;
  }
  return groups;
}

SgdSchedule make_sgd_schedule(CsrView ratings, CsrView by_item, double mean, const Random& random,
                              std::int64_t groups) {
  SgdSchedule schedule;
  schedule.groups = groups;
  const std::int64_t strips = schedule.strips();
  const std::vector<std::int32_t> user_strip = deal(ratings, strips);
  const std::vector<std::int32_t> item_strip = deal(by_item, strips);
  const auto block_of = [&](std::int64_t user, std::int32_t item) {
    return static_cast<std::size_t>(user_strip[static_cast<std::size_t>(user)] * strips +
                                    item_strip[static_cast<std::size_t>(item)]);
  };
  std::vector<std::int64_t>& offsets = schedule.offsets;
  offsets.assign(static_cast<std::size_t>(strips * strips) + 1, 0);
  for (std::int64_t u = 0; u < ratings.rows; ++u) {
    for (const std::int32_t item : ratings.row_indices(u)) ++offsets[block_of(u, item) + 1];
  }
  std::partial_sum(offsets.begin(), offsets.end(), offsets.begin());

  schedule.ratings.resize(static_cast<std::size_t>(ratings.entries()));
  std::vector<std::int64_t> next(offsets.begin(), offsets.end() - 1);
  std::vector<std::int32_t> order(static_cast<std::size_t>(ratings.rows));
  std::iota(order.begin(), order.end(), 0);
  shuffle(order, random);
  std::vector<std::int64_t> row;
  for (const std::int32_t u : order) {
    row.resize(static_cast<std::size_t>(ratings.row_size(u)));
    std::iota(row.begin(), row.end(), ratings.offsets[u]);
    for (std::size_t n = row.size(); n > 1; --n) {
      std::swap(row[n - 1], row[random.below(n, static_cast<std::uint64_t>(row[n - 1]), 1)]);
    }
    for (const std::int64_t e : row) {
      const std::int32_t item = ratings.indices[e];
      const auto place = static_cast<std::size_t>(next[block_of(u, item)]++);
      schedule.ratings[place] = {u, item, static_cast<float>(static_cast<double>(ratings.values[e]) - mean)};
    }
  }
  return schedule;
}

}  // namespace embrace::gpu
