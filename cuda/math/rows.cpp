#include "cuda/math/rows.hpp"
#include "host/span.hpp"

#include <algorithm>
#include <numeric>

namespace embrace::gpu {

RowPlan::RowPlan(Device& device, CsrView rows) {
  std::vector<std::int32_t> order(static_cast<std::size_t>(rows.rows));
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(),
                   [&](std::int32_t a, std::int32_t b) { return rows.row_size(a) > rows.row_size(b); });
  const auto longer_than = [&](std::int64_t size) {
    return std::partition_point(order.begin(), order.end(), [&](std::int32_t r) { return rows.row_size(r) > size; });
  };
  const auto medium = longer_than(longest_medium), small = longer_than(longest_short);
  std::vector<LongRow> long_rows;
  std::vector<RowPiece> pieces;
  for (auto row = order.begin(); row != medium; ++row) {
    const auto owner = static_cast<std::int32_t>(long_rows.size());
    const auto first = static_cast<std::int32_t>(pieces.size());
    const std::int64_t end = rows.offsets[*row + 1];
    for (std::int64_t begin = rows.offsets[*row]; begin < end; begin += longest_piece) {
      pieces.push_back({begin, std::min(begin + longest_piece, end), *row, owner});
    }
    long_rows.push_back({*row, first, static_cast<std::int32_t>(pieces.size())});
  }
  long_ = {device, Span<const LongRow>(long_rows)};
  pieces_ = {device, Span<const RowPiece>(pieces)};
  medium_ = {device, Span<const std::int32_t>(medium, small)};
  short_ = {device, Span<const std::int32_t>(small, order.end())};
}

std::int64_t RowPlan::bytes(CsrView rows) {
  // A long row of n > 2048 entries has at most n / 2048 pieces.
  const std::int64_t most_pieces = rows.entries() / longest_medium;
  return 4 * rows.rows + most_pieces * static_cast<std::int64_t>(sizeof(LongRow) + sizeof(RowPiece));
}

}  // namespace embrace::gpu
