#include "host/data/ratings.hpp"
#include "host/span.hpp"

#include <algorithm>

namespace embrace {
namespace {

/// New index of each old one, -1 for those without a rating; `ids` shrinks to the survivors.
std::vector<std::int32_t> renumber(std::vector<std::int64_t>& ids, const std::vector<bool>& used) {
  std::vector<std::int32_t> index(ids.size(), -1);
  std::vector<std::int64_t> kept;
  for (std::size_t i = 0; i < ids.size(); ++i) {
    if (!used[i]) continue;
    index[i] = static_cast<std::int32_t>(kept.size());
    kept.push_back(ids[i]);
  }
  ids = std::move(kept);
  return index;
}

}  // namespace

std::int32_t index_of(Span<const std::int64_t> ids, std::int64_t id) {
  const auto found = std::lower_bound(ids.begin(), ids.end(), id);
  return found == ids.end() || *found != id ? -1 : static_cast<std::int32_t>(found - ids.begin());
}

Ratings subset(const Ratings& ratings, Span<const std::int64_t> keep) {
  Ratings result;
  result.scale = ratings.scale;
  result.scale_found = ratings.scale_found;
  result.user_ids = ratings.user_ids;
  result.item_ids = ratings.item_ids;
  std::vector<bool> user_used(ratings.user_ids.size()), item_used(ratings.item_ids.size());
  for (const std::int64_t p : keep) {
    user_used[static_cast<std::size_t>(ratings.users[static_cast<std::size_t>(p)])] = true;
    item_used[static_cast<std::size_t>(ratings.items[static_cast<std::size_t>(p)])] = true;
  }
  const auto user_index = renumber(result.user_ids, user_used);
  const auto item_index = renumber(result.item_ids, item_used);
  for (const std::int64_t position : keep) {
    const auto p = static_cast<std::size_t>(position);
    result.users.push_back(user_index[static_cast<std::size_t>(ratings.users[p])]);
    result.items.push_back(item_index[static_cast<std::size_t>(ratings.items[p])]);
    result.values.push_back(ratings.values[p]);
    if (!ratings.times.empty()) result.times.push_back(ratings.times[p]);
  }
  return result;
}

}  // namespace embrace
