// Assemble: raw rows become Ratings: ids numbered densely, repeated (user, item) pairs settled.
#pragma once
#include <cstdint>
#include <optional>
#include <vector>

#include "host/data/dataset.hpp"
#include "host/data/load_options.hpp"
#include "host/data/ratings.hpp"
#include "host/data/read/triples.hpp"
#include "host/span.hpp"
#include "host/threads.hpp"

namespace embrace {

/// The distinct ids, ascending; index[r] becomes the position of raw[r] among them. Memory grows with the number of
/// rows, never with the size of the ids.
std::vector<std::int64_t> number_ids(Span<const std::int64_t> raw, std::vector<std::int32_t>& index, Threads& threads);

/// A row whose (user, item) was met before.
struct Repeat {
  std::int64_t row;
  std::int64_t previous;  // the last row before it with the same pair
  std::int64_t first;     // the first such row
};

/// All repeats, ascending by row.
std::vector<Repeat> find_repeats(const Ratings& ratings, Threads& threads);

/// Keeps one row a pair. first, last: that row, at its place. mean: the mean rating, at the place of the first row,
/// with the time of the last. A mean may lie between the steps of the scale, whose step becomes 0 then.
/// OnDuplicate::error is the caller's to report.
void settle_repeats(Ratings& ratings, Span<const Repeat> repeats, OnDuplicate policy);

/// Ratings with the rows in order; `scale` as the layout has it, else from the data (see data_scale).
Ratings assemble(Triples&& triples, const std::optional<Scale>& scale, Threads& threads);

/// From the smallest to the largest rating; step 1 or 0.5 when all of them are such multiples within 0.5 … 5, else 0.
Scale data_scale(Span<const float> values);

}  // namespace embrace
