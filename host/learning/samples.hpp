// Samples: what a minibatch method goes through in an epoch, in a counter-based random order.
#pragma once
#include <cstdint>

#include "host/array.hpp"
#include "host/method.hpp"
#include "host/permutation.hpp"
#include "host/random.hpp"
#include "host/span.hpp"

namespace embrace {

/// Number of entries of each row.
Array<std::int64_t> row_sizes(CsrView ratings);

/// A batch of samples, one place a sample in every vector (pairwise and searched: items has 2 n, the sampled ones
/// behind the others).
struct Batch {
  Array<std::int64_t> numbers;  // of the samples among all: the counters of their random numbers
  Array<std::int32_t> users;
  Array<std::int32_t> items;
  Array<std::int32_t> entries;  // of the ratings; -1 for a sampled movie
  Array<float> targets;         // the rating; 1 or 0 for rankings
  std::int64_t size() const { return users.size(); }
};

/// Which columns a row of a sparse matrix surely lacks: a Bloom filter for each row, whose columns set three bits of
/// one word of 64 (Putze, Sanders and Singler 2007, "Cache-, hash- and space-efficient Bloom filters"). With a word for
/// eight entries, a column that the row lacks is found out 97 times in 100. One read in place of a search.
class RowFilter {
 public:
  explicit RowFilter(CsrView rows);
  bool surely_lacks(std::int32_t row, std::int32_t column) const {
    const std::uint64_t h = hash(column), bits = bits_of(h);
    return (words_[word_of(row, h)] & bits) != bits;
  }
  /// Asks for what surely_lacks() will read.
  void prefetch(std::int32_t row, std::int32_t column) const {
    __builtin_prefetch(&words_[word_of(row, hash(column))]);
  }

 private:
  /// Multiplication by the golden ratio (Knuth, The Art of Computer Programming 3, section 6.4).
  static std::uint64_t hash(std::int32_t column) {
    return static_cast<std::uint64_t>(column) * std::uint64_t{0x9E3779B97F4A7C15};
  }
  /// Of the row's words, by the high half of the hash.
  std::size_t word_of(std::int32_t row, std::uint64_t h) const {
    const std::uint64_t first = firsts_[row];
    return first + ((firsts_[row + 1] - first) * (h >> 32U) >> 32U);
  }
  /// By three times six bits of the low half.
  static std::uint64_t bits_of(std::uint64_t h) {
    return std::uint64_t{1} << (h >> 26U & 63U) | std::uint64_t{1} << (h >> 20U & 63U) |
           std::uint64_t{1} << (h >> 14U & 63U);
  }
  Array<std::uint32_t> firsts_;  // word of each row
  Array<std::uint64_t> words_;
};

class Samples {
 public:
  enum class Negatives { pairwise, searched, pointwise };
  /// Ranking, pairwise: each rating with one sampled movie; searched: the same, but the model chooses the movie among
  /// candidates. Ranking, pointwise: each rating and `negatives` sampled movies as samples of their own. Sampled movies
  /// have training ratings, none of them the user's; a user who has rated every movie gets none and his ratings are
  /// left out.
  Samples(const Problem& problem, Negatives kind, std::int64_t negatives);

  bool ranking() const { return ranking_; }
  bool pairwise() const { return paired_; }
  bool searched() const { return searched_; }
  std::int64_t per_positive() const { return per_positive_; }  // samples of a rating
  Span<const std::int32_t> users() const { return users_; }
  Span<const std::int64_t> positives() const { return positives_; }
  Span<const std::int32_t> trained() const { return trained_; }
  std::int64_t size() const { return positives_.size() * per_positive_; }
  std::int64_t trained_items() const { return trained_.size(); }
  Permutation order(std::uint32_t epoch) const;
  /// Samples [first, first + size) of the epoch's order, dealt to consecutive batches: each but the last gets `most`.
  void fill(const Permutation& order, std::uint32_t epoch, std::int64_t first, std::int64_t size, std::int64_t most,
            Threads& threads, Span<Batch> batches) const;
  /// The same as one batch.
  void fill(const Permutation& order, std::uint32_t epoch, std::int64_t first, std::int64_t size, Threads& threads,
            Batch& batch) const {
    fill(order, epoch, first, size, size, threads, {&batch, 1});
  }
  /// Candidate `trial` < most_candidates for the sampled movie of sample `number`.
  static constexpr int most_candidates = 10;
  std::int32_t candidate(std::int32_t user, std::int64_t number, std::uint32_t epoch, int trial) const;

 private:
  void fill_range(const Permutation& order, std::uint32_t epoch, std::int64_t first, std::int64_t begin,
                  std::int64_t end, Batch& batch) const;
  bool rated(std::int32_t user, std::int32_t item) const;
  std::int32_t negative(std::int32_t user, std::uint64_t sample, std::uint32_t epoch) const;

  CsrView ratings_;
  RowFilter filter_;
  bool ranking_;
  bool paired_;  // pairwise or searched
  bool searched_;
  std::int64_t per_positive_;
  Array<std::int32_t> users_;      // of each entry of the ratings
  Array<std::int64_t> positives_;  // entries that are used
  Array<std::int32_t> trained_;    // movies with ratings, ascending
  Random shuffle_;
  Random sampling_;
};

}  // namespace embrace
