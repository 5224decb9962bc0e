#include "host/data/read/assemble.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <string>
#include <utility>

#include "host/data/load_options.hpp"
#include "host/error.hpp"
#include "host/memory.hpp"
#include "host/span.hpp"
#include "host/threads.hpp"

namespace embrace {
namespace {

constexpr std::int64_t grain = std::int64_t{1} << 18U;

std::size_t at(std::int64_t position) { return static_cast<std::size_t>(position); }

/// Counting through a table of all ids up to the largest; worth it when that is not much more than the rows.
std::vector<std::int64_t> number_by_table(Span<const std::int64_t> raw, std::int64_t largest,
                                          std::vector<std::int32_t>& index, Threads& threads) {
  std::vector<std::int32_t> place(at(largest) + 1, 0);
  for (const std::int64_t id : raw) place[at(id)] = 1;
  std::vector<std::int64_t> ids;
  for (std::size_t id = 0; id < place.size(); ++id) {
    if (place[id] == 0) continue;
    place[id] = static_cast<std::int32_t>(ids.size());
    ids.push_back(static_cast<std::int64_t>(id));
  }
  threads.for_ranges(raw.size(), grain, [&](std::int64_t begin, std::int64_t end, int) {
    for (std::int64_t r = begin; r < end; ++r) index[at(r)] = place[at(raw[at(r)])];
  });
  return ids;
}

std::vector<std::int64_t> number_by_sorting(Span<const std::int64_t> raw, std::vector<std::int32_t>& index,
                                            Threads& threads) {
  std::vector<std::int64_t> ids(raw.begin(), raw.end());
  std::sort(ids.begin(), ids.end());
  ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
  ids.shrink_to_fit();
  if (ids.size() > at(std::numeric_limits<std::int32_t>::max())) {
    throw DataError("more than 2147483647 distinct ids", "indices have 32 bits");
  }
  threads.for_ranges(raw.size(), grain, [&](std::int64_t begin, std::int64_t end, int) {
    for (std::int64_t r = begin; r < end; ++r) index[at(r)] = index_of(ids, raw[at(r)]);
  });
  return ids;
}

/// Rows grouped by user, file order inside a user.
struct RowsByUser {
  std::vector<std::int64_t> offsets;
  std::vector<std::int64_t> rows;
};

RowsByUser group_by_user(const Ratings& ratings) {
  RowsByUser result;
  result.offsets.assign(ratings.user_ids.size() + 1, 0);
  for (const std::int32_t user : ratings.users) ++result.offsets[at(user) + 1];
  for (std::size_t u = 1; u < result.offsets.size(); ++u) result.offsets[u] += result.offsets[u - 1];
  resize_large(result.rows, ratings.users.size());
  std::vector<std::int64_t> next(result.offsets.begin(), result.offsets.end() - 1);
  for (std::int64_t r = 0; r < ratings.size(); ++r) {
    result.rows[at(next[at(ratings.users[at(r)])]++)] = r;
  }
  return result;
}

/// First and last row of each item that the user of `stamp` has rated.
struct Seen {
  std::int32_t user = -1;
  std::int64_t first = 0, last = 0;
};

void average(Ratings& ratings, Span<const Repeat> repeats) {
  std::map<std::int64_t, std::pair<double, std::int64_t>> sums;  // first row → sum, count
  for (const Repeat& repeat : repeats) {
    auto& [sum, count] =
        sums.try_emplace(repeat.first, static_cast<double>(ratings.values[at(repeat.first)]), std::int64_t{1})
            .first->second;
    sum += static_cast<double>(ratings.values[at(repeat.row)]);
    ++count;
    if (!ratings.times.empty()) ratings.times[at(repeat.first)] = ratings.times[at(repeat.row)];
  }
  for (const auto& [row, entry] : sums) {
    const double mean = entry.first / static_cast<double>(entry.second);
    ratings.values[at(row)] = static_cast<float>(mean);
    const double steps = ratings.scale.step > 0 ? mean / static_cast<double>(ratings.scale.step) : 0.0;
    if (steps != std::floor(steps)) ratings.scale.step = 0;
  }
}

template <class T>
void drop(std::vector<T>& column, const std::vector<bool>& dropped) {
  if (column.empty()) return;
  std::size_t kept = 0;
  for (std::size_t r = 0; r < column.size(); ++r) {
    if (!dropped[r]) column[kept++] = column[r];
  }
  column.resize(kept);
}

}  // namespace

std::vector<std::int64_t> number_ids(Span<const std::int64_t> raw, std::vector<std::int32_t>& index, Threads& threads) {
  resize_large(index, raw.size());
  const std::int64_t largest = raw.empty() ? 0 : *std::max_element(raw.begin(), raw.end());
  const std::int64_t worth = 2 * raw.size() + 65536;
  const bool table = largest < std::min<std::int64_t>(worth, std::numeric_limits<std::int32_t>::max());
  return table ? number_by_table(raw, largest, index, threads) : number_by_sorting(raw, index, threads);
}

std::vector<Repeat> find_repeats(const Ratings& ratings, Threads& threads) {
  const RowsByUser grouped = group_by_user(ratings);
  constexpr std::int64_t users_a_task = 4096;
  const std::int64_t tasks = (ratings.user_count() + users_a_task - 1) / users_a_task;
  std::vector<std::vector<Repeat>> found(at(tasks));
  std::vector<std::vector<Seen>> seen(at(threads.count()));
  threads.for_each(tasks, [&](std::int64_t t, int worker) {
    std::vector<Seen>& items = seen[at(worker)];
    items.resize(ratings.item_ids.size());
    const std::int64_t end = std::min(ratings.user_count(), (t + 1) * users_a_task);
    for (std::int64_t user = t * users_a_task; user < end; ++user) {
      for (std::int64_t e = grouped.offsets[at(user)]; e < grouped.offsets[at(user) + 1]; ++e) {
        const std::int64_t row = grouped.rows[at(e)];
        Seen& entry = items[at(ratings.items[at(row)])];
        if (entry.user == user) {
          found[at(t)].push_back({row, entry.last, entry.first});
          entry.last = row;
        } else {
          entry = {static_cast<std::int32_t>(user), row, row};
        }
      }
    }
  });
  std::vector<Repeat> repeats;
  for (const auto& part : found) repeats.insert(repeats.end(), part.begin(), part.end());
  std::sort(repeats.begin(), repeats.end(), [](const Repeat& a, const Repeat& b) { return a.row < b.row; });
  return repeats;
}

void settle_repeats(Ratings& ratings, Span<const Repeat> repeats, OnDuplicate policy) {
  if (repeats.empty()) return;
  if (policy == OnDuplicate::mean) average(ratings, repeats);
  std::vector<bool> dropped(ratings.values.size());
  for (const Repeat& repeat : repeats) dropped[at(policy == OnDuplicate::last ? repeat.previous : repeat.row)] = true;
  drop(ratings.users, dropped);
  drop(ratings.items, dropped);
  drop(ratings.values, dropped);
  drop(ratings.times, dropped);
}

Ratings assemble(Triples&& triples, const std::optional<Scale>& scale, Threads& threads) {
  Ratings ratings;
  ratings.user_ids = number_ids(triples.users, ratings.users, threads);
  std::vector<std::int64_t>().swap(triples.users);
  ratings.item_ids = number_ids(triples.items, ratings.items, threads);
  std::vector<std::int64_t>().swap(triples.items);
  ratings.values = std::move(triples.values);
  if (triples.missing_times == 0) ratings.times = std::move(triples.times);
  ratings.scale = scale ? *scale : data_scale(ratings.values);
  return ratings;
}

Scale data_scale(Span<const float> values) {
  if (values.empty()) return {};
  const auto [lowest, highest] = std::minmax_element(values.begin(), values.end());
  Scale scale{*lowest, *highest, 0};
  if (scale.lowest < 0.5F || scale.highest > 5.0F) return scale;
  const auto multiples_of = [&](float step) {  // of at most 10 steps; std::floor would be a call for each
    return std::all_of(values.begin(), values.end(),
                       [step](float v) { return v / step == static_cast<float>(static_cast<int>(v / step)); });
  };
  scale.step = multiples_of(1.0F) ? 1.0F : multiples_of(0.5F) ? 0.5F : 0.0F;
  return scale;
}

}  // namespace embrace
