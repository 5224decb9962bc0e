// Two 64-bit words a row, side by side, hold all three sums: count and Σ 2r share the first (32 bits each), Σ (2r)²
// is the second. A rating is then one 16-byte read-modify-write a side, and the words of MovieLens-sized data stay in
// the second-level cache. The 32-bit halves could run over after 2^27 ratings of 31 half stars on one row, so a
// partial result is added to the wide sums at least that often.
#include "host/cpu/aggregate.hpp"

#include <algorithm>
#include <array>
#include <mutex>
#include <stdexcept>
#include <utility>

#include "host/matrix.hpp"

namespace embrace::cpu {
namespace {

constexpr std::int64_t flush_after = std::int64_t{1} << 27U;
constexpr std::int64_t ratings_per_task = std::int64_t{1} << 15U;

struct alignas(16) Packed {
  std::uint64_t count_and_sum = 0;
  std::uint64_t squares = 0;
};

constexpr std::array<Packed, 32> increments() {
  std::array<Packed, 32> table;
  for (std::uint64_t half = 0; half < table.size(); ++half) table[half] = {1U | (half << 32U), half * half};
  return table;
}

/// The wide sums, which all threads add to: integers make them the same in any order.
class Total {
 public:
  Total(std::int64_t users, std::int64_t items) : sums_{rows_of(users), rows_of(items)} {}

  /// Adds the packed sums and clears them.
  void take(AlignedVector<Packed>& users, AlignedVector<Packed>& items) {
    const std::lock_guard lock(mutex_);
    take(users, sums_.users);
    take(items, sums_.items);
  }
  UserItemAggregates result() && { return std::move(sums_); }

 private:
  static RatingAggregates rows_of(std::int64_t rows) {
    const std::vector<std::int64_t> zeros(static_cast<std::size_t>(rows), 0);
    return {zeros, zeros, zeros};
  }
  static void take(AlignedVector<Packed>& words, RatingAggregates& sums) {
    for (std::size_t r = 0; r < words.size(); ++r) {
      sums.count[r] += static_cast<std::int64_t>(words[r].count_and_sum & 0xffffffffU);
      sums.half_stars[r] += static_cast<std::int64_t>(words[r].count_and_sum >> 32U);
      sums.quarter_stars[r] += static_cast<std::int64_t>(words[r].squares);
      words[r] = {};
    }
  }

  std::mutex mutex_;
  UserItemAggregates sums_;
};

/// One thread's packed sums of both sides.
class Partial {
 public:
  Partial(std::int64_t users, std::int64_t items)
      : users_(static_cast<std::size_t>(users)), items_(static_cast<std::size_t>(items)) {}

  void add(std::span<const std::int32_t> users, std::span<const std::int32_t> items, std::span<const float> values,
           Total& total) {
    if (since_flush_ + static_cast<std::int64_t>(values.size()) > flush_after) flush(total);
    since_flush_ += static_cast<std::int64_t>(values.size());
    static constexpr std::array<Packed, 32> table = increments();
    bool legal = true;
    for (std::size_t e = 0; e < values.size(); ++e) {
      const float doubled = 2 * values[e];
      const auto half = static_cast<std::uint32_t>(std::min(31.0F, std::max(0.0F, doubled)));  // not a number: 0
      legal &= static_cast<float>(half) == doubled;
      add(users_[static_cast<std::size_t>(users[e])], table[half]);
      add(items_[static_cast<std::size_t>(items[e])], table[half]);
    }
    if (!legal) throw std::invalid_argument("aggregate_ratings: a rating is no multiple of 1/2 in [0, 15.5]");
  }
  void flush(Total& total) {
    if (since_flush_ > 0) total.take(users_, items_);
    since_flush_ = 0;
  }

 private:
  static void add(Packed& to, const Packed& increment) {
    to.count_and_sum += increment.count_and_sum;
    to.squares += increment.squares;
  }

  AlignedVector<Packed> users_;
  AlignedVector<Packed> items_;
  std::int64_t since_flush_ = 0;
};

}  // namespace

UserItemAggregates aggregate_ratings(std::int64_t user_count, std::int64_t item_count,
                                     std::span<const std::int32_t> users, std::span<const std::int32_t> items,
                                     std::span<const float> values, Threads& threads) {
  Total total(user_count, item_count);
  std::vector<Partial> partials;
  for (int worker = 0; worker < threads.count(); ++worker) partials.emplace_back(user_count, item_count);
  threads.for_ranges(static_cast<std::int64_t>(values.size()), ratings_per_task,
                     [&](std::int64_t begin, std::int64_t end, int worker) {
                       const auto from = static_cast<std::size_t>(begin);
                       const auto size = static_cast<std::size_t>(end - begin);
                       partials[static_cast<std::size_t>(worker)].add(
                           users.subspan(from, size), items.subspan(from, size), values.subspan(from, size), total);
                     });
  for (Partial& partial : partials) partial.flush(total);
  return std::move(total).result();
}

}  // namespace embrace::cpu
