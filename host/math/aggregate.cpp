// One word of 64 bits a row holds all three sums: count in the highest 16 bits, Σ 2r in 21, Σ (2r)² in 26. A rating is
// then one read-modify-write a side, and the words of MovieLens-sized data stay in the second-level cache. Ratings come
// in pieces of 2^15; when a count has reached that after a piece, all words are added to the wide sums and begin anew,
// so that none of the three can run over: 2^16 ratings of at most 31 half stars. Ratings that are no half stars show
// themselves on the way; then all are summed again, plainly.
#include "host/math/aggregate.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <cmath>
#include <limits>
#include <mutex>
#include <numeric>
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

/// The ratings e in [0, values.size()): whose they are, and of what.
struct Triples {
  Span<const std::int32_t> users, items;
  Span<const float> values;
  /// The user of each rating from `begin` on, asked for in ascending order.
  auto users_from(std::int64_t) const {
    return [this](std::int64_t e) { return users[e]; };
  }
};

struct Rows {
  const std::int64_t* offsets;
  std::int64_t rows;
  Span<const std::int32_t> items;
  Span<const float> values;
  auto users_from(std::int64_t begin) const {
    std::int64_t row = std::upper_bound(offsets, offsets + rows + 1, begin) - offsets - 1;
    return [this, row](std::int64_t e) mutable {
      while (offsets[row + 1] <= e) ++row;
      return row;
    };
  }
};

RatingAggregates empty_rows(std::int64_t rows) {
  return {Array<std::int64_t>(rows), Array<double>(rows), Array<double>(rows)};
}

/// The wide sums, which all threads add to: half and quarter stars in doubles that hold them exactly, so that every
/// order gives the same.
class Total {
 public:
  Total(std::int64_t users, std::int64_t items) : sums_{empty_rows(users), empty_rows(items), 0} {}

  /// Adds the packed sums and clears them.
  void take(AlignedVector<Word>& users, AlignedVector<Word>& items) {
    const std::lock_guard lock(mutex_);
    take(users, sums_.users);
    take(items, sums_.items);
  }
  UserItemAggregates result() && {
    const RatingAggregates& users = sums_.users;
    const double count = static_cast<double>(std::accumulate(users.count.begin(), users.count.end(), std::int64_t{0}));
    if (count > 0) sums_.mean = std::accumulate(users.sum.begin(), users.sum.end(), 0.0) / count;
    return std::move(sums_);
  }

 private:
  static void take(AlignedVector<Word>& words, RatingAggregates& sums) {
    for (std::int64_t r = 0; r < words.size(); ++r) {
      const Word word = std::exchange(words[r], 0);
      sums.count[r] += static_cast<std::int64_t>(word >> count_shift);
      sums.sum[r] += 0.5 * static_cast<double>(word >> sum_shift & ((Word{1} << (count_shift - sum_shift)) - 1));
      sums.squares[r] += 0.25 * static_cast<double>(word & ((Word{1} << sum_shift) - 1));
    }
  }

  std::mutex mutex_;
  UserItemAggregates sums_;
};

/// One thread's packed sums of both sides.
class Partial {
 public:
  Partial(std::int64_t users, std::int64_t items) : users_(users), items_(items) {}

  /// A piece of the ratings; false when one of them is no half star.
  template <typename Ratings>
  bool add(const Ratings& ratings, std::int64_t begin, std::int64_t end, Total& total) {
    static constexpr std::array<Word, codes> table = increments();
    auto user_of = ratings.users_from(begin);
    std::uint32_t rest = 0, outside = 0;
    Word seen = 0;
    for (auto e = begin; e < end; ++e) {
      const auto bits = std::bit_cast<std::uint32_t>(ratings.values[e]);
      rest |= bits;
      const std::uint32_t code = (bits >> rest_bits) - first_code;  // wraps below 0.5
      outside += code >= codes - 1 ? 1U : 0U;
      const Word increment = table[std::min(code, codes - 1)];
      Word& user = users_[user_of(e)];
      seen |= user += increment;
      Word& item = items_[ratings.items[e]];
      seen |= item += increment;
    }
    const auto first = ratings.values.begin() + begin, last = ratings.values.begin() + end;
    const bool noughts = outside == 0 || std::count(first, last, 0.0F) == outside;
    const bool halves = (rest & ((1U << rest_bits) - 1)) == 0 && (seen & illegal) == 0;
    if (!halves || !noughts) return false;
    if ((seen & full) != 0) flush(total);
    return true;
  }
  void flush(Total& total) { total.take(users_, items_); }

 private:
  AlignedVector<Word> users_;
  AlignedVector<Word> items_;
};

void add_plainly(RatingAggregates& sums, std::int64_t row, float value) {
  const auto r = static_cast<double>(value);
  ++sums.count[row];
  sums.sum[row] += r;
  sums.squares[row] += r * r;
}

/// In the order of the ratings, a side a task.
template <typename Ratings>
UserItemAggregates sum_plainly(std::int64_t users, std::int64_t items, const Ratings& ratings, Threads& threads) {
  UserItemAggregates sums{empty_rows(users), empty_rows(items), 0};
  const Span<const float> values = ratings.values;
  threads.for_each(3, [&](std::int64_t task, int) {
    auto user_of = ratings.users_from(0);
    for (std::int64_t e = 0; e < values.size(); ++e) {
      if (task == 0) add_plainly(sums.users, user_of(e), values[e]);
      if (task == 1) add_plainly(sums.items, ratings.items[e], values[e]);
      if (task == 2) sums.mean += static_cast<double>(values[e]);
    }
  });
  sums.mean /= static_cast<double>(values.size());
  return sums;
}

template <typename Ratings>
UserItemAggregates aggregate(std::int64_t users, std::int64_t items, const Ratings& ratings, Threads& threads) {
  Total total(users, items);
  Array<Partial> partials;
  for (int worker = 0; worker < threads.count(); ++worker) partials.emplace_back(users, items);
  std::atomic<bool> half_stars = true;
  threads.for_ranges(ratings.values.size(), piece, [&](std::int64_t begin, std::int64_t end, int worker) {
    Partial& partial = partials[worker];
    if (half_stars && !partial.add(ratings, begin, end, total)) half_stars = false;
  });
  if (!half_stars) return sum_plainly(users, items, ratings, threads);
  for (Partial& partial : partials) partial.flush(total);
  return std::move(total).result();
}

}  // namespace

double RatingAggregates::mean(std::int64_t row) const {
  return count[row] == 0 ? 0.0 : sum[row] / static_cast<double>(count[row]);
}

// (n Σr² - (Σr)²) / n², the difference exact for half stars: 64 bits hold it. What remains of equal ratings of another
// scale, whose sums are rounded, is nothing.
double RatingAggregates::standard_deviation(std::int64_t row) const {
  const auto n = static_cast<double>(count[row]);
  const auto from = static_cast<long double>(n) * static_cast<long double>(squares[row]);
  const auto difference =
      static_cast<double>(from - static_cast<long double>(sum[row]) * static_cast<long double>(sum[row]));
  const double rounding = n * std::numeric_limits<double>::epsilon() * static_cast<double>(from);
  return difference <= rounding ? 0.0 : std::sqrt(difference) / n;
}

UserItemAggregates aggregate_ratings(std::int64_t user_count, std::int64_t item_count, Span<const std::int32_t> users,
                                     Span<const std::int32_t> items, Span<const float> values, Threads& threads) {
  return aggregate(user_count, item_count, Triples{users, items, values}, threads);
}

UserItemAggregates aggregate_ratings(CsrView ratings, Threads& threads) {
  const auto size = ratings.entries();
  return aggregate(ratings.rows, ratings.columns,
                   Rows{ratings.offsets, ratings.rows, {ratings.indices, size}, {ratings.values, size}}, threads);
}

}  // namespace embrace
