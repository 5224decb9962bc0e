#include "host/math/gram.hpp"

#include <algorithm>

namespace embrace {

Array<std::int32_t> rated_rows(CsrView ratings) {
  Array<std::int32_t> rows;
  for (std::int32_t r = 0; r < ratings.rows; ++r) {
    if (ratings.row_size(r) > 0) rows.push_back(r);
  }
  return rows;
}

void Gram::form(ConstMatrixView y, Span<const std::int32_t> rows, Threads& threads) {
  constexpr std::int64_t most_parts = 16;
  const std::int64_t parts = std::clamp<std::int64_t>(rows.size() / 256, 1, most_parts);
  while (parts_.size() < parts) parts_.emplace_back(factors_);
  threads.for_each(parts, [&](std::int64_t part, int) {
    const std::int64_t begin = rows.size() * part / parts, end = rows.size() * (part + 1) / parts;
    parts_[part].clear(factors_);
    parts_[part].add(y, rows.subspan(begin, end - begin), nullptr);
  });
  sum_.clear(factors_);
  for (std::int64_t part = 0; part < parts; ++part) sum_.add_equations(parts_[part]);
}

}  // namespace embrace
