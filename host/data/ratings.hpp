// Ratings: the table every experiment starts from, in the order of the file.
#pragma once
#include <cstdint>
#include <vector>

#include "host/scale.hpp"
#include "host/span.hpp"

namespace embrace {

struct Ratings {
  std::vector<std::int64_t> user_ids;  // raw ids, ascending; the position is the user's index
  std::vector<std::int64_t> item_ids;
  std::vector<std::int32_t> users;  // index of each rating's user, file order
  std::vector<std::int32_t> items;
  std::vector<float> values;
  std::vector<std::int64_t> times;  // seconds; empty when the source has none
  Scale scale;
  bool scale_found = false;  // the layout has no scale: it is that of the values

  std::int64_t size() const { return static_cast<std::int64_t>(values.size()); }
  std::int64_t user_count() const { return static_cast<std::int64_t>(user_ids.size()); }
  std::int64_t item_count() const { return static_cast<std::int64_t>(item_ids.size()); }
};

/// Position of a raw id, or -1.
std::int32_t index_of(Span<const std::int64_t> ids, std::int64_t id);

/// The ratings at `keep` (ascending positions), with users and items renumbered to those that remain.
Ratings subset(const Ratings& ratings, Span<const std::int64_t> keep);

}  // namespace embrace
