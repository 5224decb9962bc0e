// Lists as a plain sort makes them, and what tests of rankings on a device compare with them.
#pragma once
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <vector>

#include "cuda/math/rank.hpp"
#include "host/random.hpp"
#include "host/sparse.hpp"
#include "tests/cuda/gpu_test.hpp"

namespace embrace::test {

/// A third of the items at random for most users; nothing for every fourth, everything for every fifth, the first and
/// the last item for every seventh.
inline Csr some_masks(std::int64_t users, std::int64_t items) {
  const Random random(9, Stream::sampling);
  std::vector<std::int32_t> row, column;
  for (std::int64_t u = 0; u < users; ++u) {
    for (std::int64_t i = 0; i < items; ++i) {
      const bool by_chance = random.below(3, static_cast<std::uint64_t>(u * items + i), 0) == 0;
      const bool edge = u % 7 == 3 && (i == 0 || i == items - 1);
      if (u % 4 == 1 || !(by_chance || edge || u % 5 == 4)) continue;
      row.push_back(static_cast<std::int32_t>(u));
      column.push_back(static_cast<std::int32_t>(i));
    }
  }
  return csr_from_triples(users, items, row, column, std::vector<float>(row.size(), 1.0F));
}

/// `score(r, i)` is that of users[r].
using PlainScore = std::function<double(std::int64_t r, std::int64_t i)>;

/// The lists that `rank` fills are those of a plain sort, score by score, -0 being 0.
inline void expect_lists(gpu::Device& device, const std::vector<std::int32_t>& users, const Csr& mask,
                         std::int64_t depth, const PlainScore& score,
                         const std::function<void(const gpu::Ranking&)>& rank) {
  const gpu::DeviceBuffer<std::int32_t> chosen(device, Span<const std::int32_t>(users));
  const gpu::DeviceCsr left_out(device, mask.view());
  gpu::DeviceBuffer<ScoredItem> lists(device, chosen.size() * depth);
  rank({chosen.span(), left_out.view(), depth, lists.span()});
  const std::vector<ScoredItem> found = lists.download();
  for (std::size_t r = 0; r < users.size(); ++r) {
    const auto row = static_cast<std::int64_t>(r);
    const auto masked = mask.view().row_indices(users[r]);
    std::vector<std::int32_t> order;
    for (std::int32_t i = 0; i < mask.view().columns; ++i) {
      if (!std::binary_search(masked.begin(), masked.end(), i)) order.push_back(i);
    }
    std::stable_sort(order.begin(), order.end(),
                     [&](std::int32_t a, std::int32_t b) { return score(row, a) > score(row, b); });
    order.resize(static_cast<std::size_t>(depth), -1);
    for (std::size_t place = 0; place < order.size(); ++place) {
      const ScoredItem& there = found[r * order.size() + place];
      ASSERT_EQ(there.item, order[place]) << "row " << r << " of " << users.size() << ", place " << place << " of "
                                          << depth << ", " << mask.view().columns << " items";
      const double expected = order[place] < 0 ? -std::numeric_limits<double>::infinity() : score(row, order[place]);
      ASSERT_EQ(static_cast<double>(there.score), expected);
    }
  }
}

}  // namespace embrace::test
