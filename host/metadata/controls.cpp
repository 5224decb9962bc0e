#include "host/metadata/controls.hpp"

#include <algorithm>
#include <numeric>
#include <unordered_set>
#include <vector>

#include "host/random.hpp"
#include "host/span.hpp"

namespace embrace {
namespace {

/// `count` distinct numbers below `width`, ascending (Floyd's sampling: one draw each, whatever the width).
std::vector<std::int32_t> draw_columns(std::int64_t width, std::int64_t count, const Random& random, std::int64_t row,
                                       std::uint32_t stream) {
  std::unordered_set<std::int32_t> chosen;
  std::vector<std::int32_t> columns;
  for (std::int64_t j = width - count; j < width; ++j) {
    // The draw's number is part of the counter, so that rows and draws never share one.
    const std::uint64_t counter = (static_cast<std::uint64_t>(row) << 32U) | static_cast<std::uint64_t>(j);
    auto column = static_cast<std::int32_t>(random.below(static_cast<std::uint64_t>(j) + 1, counter, stream));
    if (!chosen.insert(column).second) {
      column = static_cast<std::int32_t>(j);
      chosen.insert(column);
    }
    columns.push_back(column);
  }
  std::sort(columns.begin(), columns.end());
  return columns;
}

/// Redraws row `row`'s entries of one field.
void draw_field(Csr& rows, std::int64_t row, const Field& field, std::uint32_t stream, const Random& random) {
  const auto begin = rows.indices.begin() + rows.offsets[static_cast<std::size_t>(row)];
  const auto end = rows.indices.begin() + rows.offsets[static_cast<std::size_t>(row) + 1];
  const auto first = std::lower_bound(begin, end, static_cast<std::int32_t>(field.first));
  const auto last = std::lower_bound(first, end, static_cast<std::int32_t>(field.last));
  if (field.kind == Field::Kind::numbers) {
    for (auto entry = first; entry != last; ++entry) {
      const std::uint64_t counter = (static_cast<std::uint64_t>(row) << 32U) | static_cast<std::uint32_t>(*entry);
      rows.values[static_cast<std::size_t>(entry - rows.indices.begin())] =
          static_cast<float>(random.normal(counter, stream));
    }
    return;
  }
  const auto columns = draw_columns(field.last - field.first, last - first, random, row, stream);
  for (std::size_t i = 0; i < columns.size(); ++i) {
    first[static_cast<std::ptrdiff_t>(i)] = static_cast<std::int32_t>(field.first + columns[i]);
  }
}

}  // namespace

Features shuffled_rows(const Features& features, Span<const std::int64_t> among, std::uint64_t seed, FeatureRows what) {
  std::vector<std::int64_t> source(static_cast<std::size_t>(features.rows.rows()));
  std::iota(source.begin(), source.end(), std::int64_t{0});
  std::vector<std::int64_t> order(among.begin(), among.end());
  shuffle(order, Random(seed, Stream::features), static_cast<std::uint32_t>(what));
  for (std::size_t i = 0; i < order.size(); ++i) source[static_cast<std::size_t>(among[i])] = order[i];
  Features result;
  result.fields = features.fields;
  result.rows.columns = features.rows.columns;
  result.rows.indices.reserve(features.rows.indices.size());
  result.rows.values.reserve(features.rows.values.size());
  const CsrView view = features.rows.view();
  for (const std::int64_t row : source) {
    const auto indices = view.row_indices(row);
    const auto values = view.row_values(row);
    result.rows.indices.insert(result.rows.indices.end(), indices.begin(), indices.end());
    result.rows.values.insert(result.rows.values.end(), values.begin(), values.end());
    result.rows.offsets.push_back(result.rows.entries());
  }
  return result;
}

Features random_rows(const Features& features, std::uint64_t seed, FeatureRows what, Threads& threads) {
  Features result = features;
  const Random random(seed, Stream::features);
  threads.for_ranges(features.rows.rows(), 1024, [&](std::int64_t begin, std::int64_t end, int) {
    for (std::int64_t row = begin; row < end; ++row) {
      for (std::size_t f = 0; f < result.fields.size(); ++f) {
        // The shuffles use the small second counters; fields come above them.
        const std::uint32_t stream = (static_cast<std::uint32_t>(f + 1) << 8U) | static_cast<std::uint32_t>(what);
        draw_field(result.rows, row, result.fields[f], stream, random);
      }
    }
  });
  return result;
}

}  // namespace embrace
