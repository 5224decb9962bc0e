#include "host/metadata/sets.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <functional>
#include <string>

namespace embrace {
namespace {

std::int64_t floor_divide(std::int64_t a, std::int64_t b) { return a / b - (a % b < 0 ? 1 : 0); }

std::string two_digits(unsigned value) { return (value < 10 ? "0" : "") + std::to_string(value); }

/// ISO date of a day since 1970-01-01; a plain number beyond the calendar's years.
std::string date(std::int64_t day) {
  if (day < -10'000'000 || day > 10'000'000) return "day " + std::to_string(day);
  const std::chrono::year_month_day ymd{std::chrono::sys_days{std::chrono::days{day}}};
  return std::to_string(static_cast<int>(ymd.year())) + "-" + two_digits(static_cast<unsigned>(ymd.month())) + "-" +
         two_digits(static_cast<unsigned>(ymd.day()));
}

constexpr std::array<const char*, 7> weekdays = {"Monday", "Tuesday",  "Wednesday", "Thursday",
                                                 "Friday", "Saturday", "Sunday"};

struct Clock {
  const char* name;
  std::int64_t (*bucket)(std::int64_t seconds);
  std::string (*label)(std::int64_t bucket);
};

constexpr std::int64_t day_seconds = 86400;

const std::array<Clock, 4> clocks = {{
    {"day", [](std::int64_t t) { return floor_divide(t, day_seconds); }, [](std::int64_t b) { return date(b); }},
    {"period", [](std::int64_t t) { return floor_divide(t, 28 * day_seconds); },
     [](std::int64_t b) { return "28 days from " + date(28 * b); }},
    {"weekday",  // 1970-01-01 was a Thursday
     [](std::int64_t t) { return (floor_divide(t, day_seconds) % 7 + 7 + 3) % 7; },
     [](std::int64_t b) { return std::string(weekdays[static_cast<std::size_t>(b)]); }},
    {"hour", [](std::int64_t t) { return (t % day_seconds + day_seconds) % day_seconds / 3600; },
     [](std::int64_t b) { return two_digits(static_cast<unsigned>(b)); }},
}};

FeatureBlock clock_block(const Clock& clock, const Ratings& ratings, const std::vector<std::int64_t>& train,
                         Threads& threads) {
  std::vector<std::int64_t> seen;
  for (const std::int64_t p : train) {
    const std::int64_t bucket = clock.bucket(ratings.times[static_cast<std::size_t>(p)]);
    if (seen.empty() || seen.back() != bucket) seen.push_back(bucket);
  }
  std::sort(seen.begin(), seen.end());
  seen.erase(std::unique(seen.begin(), seen.end()), seen.end());
  FeatureBlock block{clock.name, Field::Kind::one_hot, {}, {}, {}};
  for (const std::int64_t bucket : seen) block.columns.push_back(clock.label(bucket));
  const std::size_t size = ratings.times.size();
  std::vector<std::int32_t> column(size);
  threads.for_ranges(ratings.size(), 1 << 16, [&](std::int64_t begin, std::int64_t end, int) {
    for (auto p = static_cast<std::size_t>(begin); p < static_cast<std::size_t>(end); ++p) {
      column[p] = index_of(seen, clock.bucket(ratings.times[p]));
    }
  });
  block.rows.columns = static_cast<std::int64_t>(seen.size());
  block.rows.offsets.reserve(size + 1);
  block.rows.indices.reserve(size);
  for (const std::int32_t c : column) {
    if (c >= 0) block.rows.indices.push_back(c);
    block.rows.offsets.push_back(block.rows.entries());
  }
  block.rows.values.assign(block.rows.indices.size(), 1.0F);
  return block;
}

}  // namespace

FeatureBlock set_block(const Ratings& ratings, const std::vector<std::int64_t>& train, Side side) {
  const auto& rows = side == Side::user ? ratings.users : ratings.items;
  const auto& members = side == Side::user ? ratings.items : ratings.users;
  const auto& row_ids = side == Side::user ? ratings.user_ids : ratings.item_ids;
  const auto& member_ids = side == Side::user ? ratings.item_ids : ratings.user_ids;
  std::vector<std::int32_t> row, column;
  for (const std::int64_t position : train) {
    row.push_back(rows[static_cast<std::size_t>(position)]);
    column.push_back(members[static_cast<std::size_t>(position)]);
  }
  const std::vector<float> ones(row.size(), 1.0F);
  FeatureBlock block{side == Side::user ? "rated" : "raters", Field::Kind::multi_hot, {}, {}, {}};
  block.rows = csr_from_triples(static_cast<std::int64_t>(row_ids.size()), static_cast<std::int64_t>(member_ids.size()),
                                row, column, ones);
  for (std::int64_t r = 0; r < block.rows.rows(); ++r) {
    const auto first = block.rows.offsets[static_cast<std::size_t>(r)],
               last = block.rows.offsets[static_cast<std::size_t>(r) + 1];
    for (std::int64_t e = first; e < last; ++e) {
      block.rows.values[static_cast<std::size_t>(e)] =
          static_cast<float>(1.0 / std::sqrt(static_cast<double>(last - first)));
    }
  }
  for (const std::int64_t id : member_ids) block.columns.push_back(std::to_string(id));
  return block;
}

std::vector<FeatureBlock> time_blocks(const Ratings& ratings, const std::vector<std::int64_t>& train,
                                      Threads& threads) {
  std::vector<FeatureBlock> blocks;
  for (const Clock& clock : clocks) blocks.push_back(clock_block(clock, ratings, train, threads));
  return blocks;
}

}  // namespace embrace
