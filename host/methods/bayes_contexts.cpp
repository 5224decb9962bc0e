#include "host/methods/bayes_contexts.hpp"

#include <algorithm>
#include <bit>
#include <limits>
#include <string_view>
#include <unordered_map>

#include "host/error.hpp"

namespace embrace::cpu {
namespace {

/// FNV-1a over columns and values.
std::uint64_t hash_row(Span<const std::int32_t> columns, Span<const float> values) {
  std::uint64_t hash = 0xCBF29CE484222325U;
  const auto add = [&](std::uint32_t word) { hash = (hash ^ word) * 0x100000001B3U; };
  for (const std::int32_t c : columns) add(static_cast<std::uint32_t>(c));
  for (const float v : values) add(std::bit_cast<std::uint32_t>(v));
  return hash ^ (hash >> 29U);
}

}  // namespace

DistinctRows distinct_rows(CsrView rows) {
  DistinctRows out;
  out.rows.columns = rows.columns;
  std::unordered_multimap<std::uint64_t, std::int32_t> known;
  for (std::int64_t r = 0; r < rows.rows; ++r) {
    const auto columns = rows.row_indices(r);
    const auto values = rows.row_values(r);
    const std::uint64_t hash = hash_row(columns, values);
    const auto [begin, end] = known.equal_range(hash);
    const auto found = std::find_if(begin, end, [&](const auto& entry) {
      const CsrView distinct = out.rows.view();
      return std::ranges::equal(distinct.row_indices(entry.second), columns) &&
             std::ranges::equal(distinct.row_values(entry.second), values);
    });
    if (found != end) {
      out.row_of.push_back(found->second);
      continue;
    }
    if (out.rows.rows() >= std::numeric_limits<std::int32_t>::max() - 1) {
      throw Unsupported("more than 2^31 different contexts");
    }
    const auto number = static_cast<std::int32_t>(out.rows.rows());
    known.emplace(hash, number);
    out.row_of.push_back(number);
    out.rows.indices.insert(out.rows.indices.end(), columns.begin(), columns.end());
    out.rows.values.insert(out.rows.values.end(), values.begin(), values.end());
    out.rows.offsets.push_back(out.rows.entries());
  }
  return out;
}

Grouped group(Span<const std::int32_t> numbers, std::int64_t groups) {
  Grouped out{Array<std::int64_t>(groups + 1), Array<std::int64_t>(numbers.size())};
  for (const std::int32_t g : numbers) ++out.offsets[g + 1];
  for (std::int64_t g = 0; g < groups; ++g) out.offsets[g + 1] += out.offsets[g];
  Array<std::int64_t> next(out.offsets.begin(), out.offsets.end());
  for (std::int64_t e = 0; e < numbers.size(); ++e) out.entries[next[numbers[e]]++] = e;
  return out;
}

}  // namespace embrace::cpu
