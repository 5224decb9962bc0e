// Two 64-bit words a row, side by side, hold all three sums: count and Σ 2r share the first (32 bits each), Σ (2r)²
// is the second. A rating is then one 16-byte read-modify-write a side, and the words of MovieLens-sized data stay in
// the second-level cache. The 32-bit halves could run over after 2^27 ratings of 31 half stars on one row, so a
// partial result is added to the wide sums at least that often.
#include "host/cpu/aggregate.hpp"

#include <algorithm>
#include <array>
#include <stdexcept>

#include "host/matrix.hpp"

namespace embrace::cpu {
namespace {

constexpr std::int64_t flush_after = std::int64_t{1} << 27U;
constexpr std::int64_t ratings_per_task = std::int64_t{1} << 20U;

struct alignas(16) Packed {
  std::uint64_t count_and_sum = 0;
  std::uint64_t squares = 0;
};

std::array<Packed, 32> increments() {
  std::array<Packed, 32> table;
  for (std::uint64_t half = 0; half < table.size(); ++half) table[half] = {1U | (half << 32U), half * half};
  return table;
}

/// One thread's packed sums for both sides, and the wide sums they are flushed into.
class Partial {
 public:
  Partial(std::int64_t users, std::int64_t items)
      : users_(static_cast<std::size_t>(users)), items_(static_cast<std::size_t>(items)) {
    for (auto* column : {&sums_.users.count, &sums_.users.half_stars, &sums_.users.quarter_stars}) {
      column->resize(users_.size());
    }
    for (auto* column : {&sums_.items.count, &sums_.items.half_stars, &sums_.items.quarter_stars}) {
      column->resize(items_.size());
    }
  }

  void add(std::span<const std::int32_t> users, std::span<const std::int32_t> items, std::span<const float> values) {
    if (since_flush_ + static_cast<std::int64_t>(values.size()) > flush_after) flush();
    since_flush_ += static_cast<std::int64_t>(values.size());
    bool legal = true;
    for (std::size_t e = 0; e < values.size(); ++e) {
      const float doubled = 2 * values[e];
      legal &= doubled >= 0 && doubled < 32;
      const auto half = static_cast<std::uint32_t>(static_cast<std::int32_t>(legal ? doubled : 0.0F));
      legal &= static_cast<float>(half) == doubled;
      const Packed increment = table_[half];
      add(users_[static_cast<std::size_t>(users[e])], increment);
      add(items_[static_cast<std::size_t>(items[e])], increment);
    }
    if (!legal) throw std::invalid_argument("aggregate_ratings: a rating is no multiple of 1/2 in [0, 15.5]");
  }

  const UserItemAggregates& finish() {
    flush();
    return sums_;
  }

 private:
  static void add(Packed& to, const Packed& increment) {
    to.count_and_sum += increment.count_and_sum;
    to.squares += increment.squares;
  }
  static void flush(AlignedVector<Packed>& words, RatingAggregates& sums) {
    for (std::size_t r = 0; r < words.size(); ++r) {
      sums.count[r] += static_cast<std::int64_t>(words[r].count_and_sum & 0xffffffffU);
      sums.half_stars[r] += static_cast<std::int64_t>(words[r].count_and_sum >> 32U);
      sums.quarter_stars[r] += static_cast<std::int64_t>(words[r].squares);
      words[r] = {};
    }
  }
  void flush() {
    flush(users_, sums_.users);
    flush(items_, sums_.items);
    since_flush_ = 0;
  }

  std::array<Packed, 32> table_ = increments();
  AlignedVector<Packed> users_;
  AlignedVector<Packed> items_;
  UserItemAggregates sums_;
  std::int64_t since_flush_ = 0;
};

void add(RatingAggregates& to, const RatingAggregates& from) {
  for (std::size_t r = 0; r < to.count.size(); ++r) {
    to.count[r] += from.count[r];
    to.half_stars[r] += from.half_stars[r];
    to.quarter_stars[r] += from.quarter_stars[r];
  }
}

}  // namespace

UserItemAggregates aggregate_ratings(std::int64_t user_count, std::int64_t item_count,
                                     std::span<const std::int32_t> users, std::span<const std::int32_t> items,
                                     std::span<const float> values, Threads& threads) {
  // One partial result a worker; integers make the sum the same whichever worker took which task.
  std::vector<Partial> partials;
  for (int worker = 0; worker < threads.count(); ++worker) partials.emplace_back(user_count, item_count);
  threads.for_ranges(static_cast<std::int64_t>(values.size()), ratings_per_task,
                     [&](std::int64_t begin, std::int64_t end, int worker) {
                       const auto from = static_cast<std::size_t>(begin);
                       const auto size = static_cast<std::size_t>(end - begin);
                       partials[static_cast<std::size_t>(worker)].add(
                           users.subspan(from, size), items.subspan(from, size), values.subspan(from, size));
                     });
  UserItemAggregates total = partials[0].finish();
  for (std::size_t worker = 1; worker < partials.size(); ++worker) {
    const UserItemAggregates& part = partials[worker].finish();
    add(total.users, part.users);
    add(total.items, part.items);
  }
  return total;
}

}  // namespace embrace::cpu
