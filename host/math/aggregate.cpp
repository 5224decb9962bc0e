// One word of 64 bits a row holds all three sums: count in the highest 16 bits, Σ 2r in 21, Σ (2r)² in 26. A rating is
// then one read-modify-write a side, and the words of MovieLens-sized data stay in the second-level cache. Ratings come
// in pieces of 2^15; when a count has reached that after a piece, all words are added to the wide sums and begin anew,
// so that none of the three can run over: 2^16 ratings of at most 31 half stars.
#include "host/math/aggregate.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <mutex>
#include <stdexcept>
#include <utility>

#include "host/array.hpp"
#include "host/matrix.hpp"
#include "host/span.hpp"

namespace embrace {
namespace {

constexpr std::int64_t piece = std::int64_t{1} << 15U;  // ratings

using Word = std::uint64_t;
constexpr unsigned sum_shift = 26, count_shift = 47;
constexpr Word full = Word{1} << 62U;     // the count of a piece
constexpr Word illegal = Word{1} << 63U;  // of the increment of a rating that is no multiple of 1/2

/// The word of one rating by the leading bits of its float: sign, exponent and four bits of the fraction say all about
/// a multiple of 1/2 below 16. From 0.5 on; the last is the word of 0, and of all that lies outside.
constexpr unsigned rest_bits = 19;
constexpr std::uint32_t first_code = std::bit_cast<std::uint32_t>(0.5F) >> rest_bits;
constexpr std::uint32_t codes = (std::bit_cast<std::uint32_t>(16.0F) >> rest_bits) - first_code + 1;

constexpr std::array<Word, codes> increments() {
  std::array<Word, codes> table;
  for (std::uint32_t code = 0; code + 1 < codes; ++code) {
    const float doubled = 2 * std::bit_cast<float>((first_code + code) << rest_bits);
    const auto half = static_cast<Word>(doubled);
    table[code] = Word{1} << count_shift | half << sum_shift | half * half;
    if (static_cast<float>(half) != doubled) table[code] |= illegal;
  }
  table.back() = Word{1} << count_shift;
  return table;
}

/// The wide sums, which all threads add to: integers make them the same in any order.
class Total {
 public:
  Total(std::int64_t users, std::int64_t items) : sums_{rows_of(users), rows_of(items)} {}

  /// Adds the packed sums and clears them.
  void take(AlignedVector<Word>& users, AlignedVector<Word>& items) {
    const std::lock_guard lock(mutex_);
    take(users, sums_.users);
    take(items, sums_.items);
  }
  UserItemAggregates result() && { return std::move(sums_); }

 private:
  static RatingAggregates rows_of(std::int64_t rows) {
    const auto n = rows;
    return {Array<std::int64_t>(n), Array<std::int64_t>(n), Array<std::int64_t>(n)};
  }
  static void take(AlignedVector<Word>& words, RatingAggregates& sums) {
    for (std::int64_t r = 0; r < words.size(); ++r) {
      const Word word = std::exchange(words[r], 0);
      sums.count[r] += static_cast<std::int64_t>(word >> count_shift);
      sums.half_stars[r] += static_cast<std::int64_t>(word >> sum_shift & ((Word{1} << (count_shift - sum_shift)) - 1));
      sums.quarter_stars[r] += static_cast<std::int64_t>(word & ((Word{1} << sum_shift) - 1));
    }
  }

  std::mutex mutex_;
  UserItemAggregates sums_;
};

/// One thread's packed sums of both sides.
class Partial {
 public:
  Partial(std::int64_t users, std::int64_t items) : users_(users), items_(items) {}

  /// A piece of the ratings.
  void add(Span<const std::int32_t> users, Span<const std::int32_t> items, Span<const float> values, Total& total) {
    static constexpr std::array<Word, codes> table = increments();
    std::uint32_t rest = 0, outside = 0;
    Word seen = 0;
    for (std::int64_t e = 0; e < values.size(); ++e) {
      const auto bits = std::bit_cast<std::uint32_t>(values[e]);
      rest |= bits;
      const std::uint32_t code = (bits >> rest_bits) - first_code;  // wraps below 0.5
      outside += code >= codes - 1 ? 1U : 0U;
      const Word increment = table[std::min(code, codes - 1)];
      Word& user = users_[users[e]];
      seen |= user += increment;
      Word& item = items_[items[e]];
      seen |= item += increment;
    }
    const bool noughts = outside == 0 || std::count(values.begin(), values.end(), 0.0F) == outside;
    const bool halves = (rest & ((1U << rest_bits) - 1)) == 0 && (seen & illegal) == 0;
    if (!halves || !noughts)
      throw std::invalid_argument("aggregate_ratings: a rating is no multiple of 1/2 in [0, 15.5]");
    if ((seen & full) != 0) flush(total);
  }
  void flush(Total& total) { total.take(users_, items_); }

 private:
  AlignedVector<Word> users_;
  AlignedVector<Word> items_;
};

}  // namespace

UserItemAggregates aggregate_ratings(std::int64_t user_count, std::int64_t item_count, Span<const std::int32_t> users,
                                     Span<const std::int32_t> items, Span<const float> values, Threads& threads) {
  Total total(user_count, item_count);
  Array<Partial> partials;
  for (int worker = 0; worker < threads.count(); ++worker) partials.emplace_back(user_count, item_count);
  threads.for_ranges(values.size(), piece, [&](std::int64_t begin, std::int64_t end, int worker) {
    const auto from = begin;
    const auto size = end - begin;
    partials[worker].add(users.subspan(from, size), items.subspan(from, size), values.subspan(from, size), total);
  });
  for (Partial& partial : partials) partial.flush(total);
  return std::move(total).result();
}

}  // namespace embrace
