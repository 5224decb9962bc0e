#include "host/learning/samples.hpp"

#include <algorithm>
#include <array>
#include <numeric>

#include "host/array.hpp"
#include "host/learning/task_list.hpp"
#include "host/math/random_bits.hpp"
#include "host/memory.hpp"
#include "host/span.hpp"

namespace embrace {
namespace {

constexpr std::int64_t range = 256;  // samples a task
constexpr std::uint64_t trials = 32;

/// Of the random number that is trial `trial` at a movie for a sample.
std::uint64_t counter(std::uint64_t sample, std::uint64_t trial) { return sample * trials + trial; }

/// Binary search whose reads depend on no branch, so that searches that follow each other overlap.
bool contains(Span<const std::int32_t> row, std::int32_t item) {
  if (row.empty()) return false;
  const std::int32_t* first = row.data();
  for (std::int64_t size = row.size(); size > 1;) {
    const std::int64_t half = size / 2;
    first += first[half] <= item ? half : 0;
    size -= half;
  }
  return *first == item;
}

}  // namespace

Array<std::int64_t> row_sizes(CsrView ratings) {
  Array<std::int64_t> sizes(ratings.rows);
  for (std::int64_t r = 0; r < ratings.rows; ++r) sizes[r] = ratings.row_size(r);
  return sizes;
}

RowFilter::RowFilter(CsrView rows) : firsts_(1, 0) {
  constexpr std::int64_t entries_a_word = 8;
  for (std::int64_t r = 0; r < rows.rows; ++r) {
    const std::int64_t words = std::max<std::int64_t>(1, (rows.row_size(r) + entries_a_word - 1) / entries_a_word);
    firsts_.push_back(firsts_.back() + static_cast<std::uint32_t>(words));
  }
  words_.resize(firsts_.back());
  for (std::int64_t r = 0; r < rows.rows; ++r) {
    for (const std::int32_t column : rows.row_indices(r)) {
      words_[word_of(static_cast<std::int32_t>(r), hash(column))] |= bits_of(hash(column));
    }
  }
}

Samples::Samples(const Problem& problem, Negatives kind, std::int64_t negatives)
    : ratings_(problem.ratings),
      filter_(problem.task == Task::ranking ? ratings_ : CsrView{}),
      ranking_(problem.task == Task::ranking),
      paired_(ranking_ && kind != Negatives::pointwise),
      searched_(ranking_ && kind == Negatives::searched),
      per_positive_(ranking_ && kind == Negatives::pointwise ? 1 + negatives : 1),
      shuffle_(problem.seed, Stream::shuffle),
      sampling_(problem.seed, Stream::sampling) {
  const CsrView by_item = problem.by_item;
  for (std::int64_t i = 0; i < by_item.rows; ++i) {
    if (by_item.row_size(i) > 0) trained_.push_back(static_cast<std::int32_t>(i));
  }
  resize_large(users_, ratings_.entries());
  reserve_large(positives_, users_.size());
  for (std::int64_t u = 0; u < ratings_.rows; ++u) {
    const auto row = ratings_.row_indices(u);
    std::fill_n(users_.begin() + ratings_.offsets[u], row.size(), static_cast<std::int32_t>(u));
    if (ranking_) {  // distinct movies: a row may name one twice
      std::int64_t distinct = 0;
      for (std::int64_t e = 0; e < row.size(); ++e) distinct += e == 0 || row[e] != row[e - 1] ? 1 : 0;
      if (distinct == trained_.size()) continue;
    }
    for (std::int64_t e = ratings_.offsets[u]; e < ratings_.offsets[u + 1]; ++e) positives_.push_back(e);
  }
}

Permutation Samples::order(std::uint32_t epoch) const { return {std::max<std::int64_t>(1, size()), shuffle_, epoch}; }

bool Samples::rated(std::int32_t user, std::int32_t item) const {
  if (filter_.surely_lacks(user, item)) return false;
  return contains(ratings_.row_indices(user), item);
}

/// Drawn again until it is none of the user's: by trial first, then, for a user who has nearly all movies, by counting
/// through the movies that are left.
std::int32_t Samples::negative(std::int32_t user, std::uint64_t sample, std::uint32_t epoch) const {
  const auto items = static_cast<std::uint64_t>(trained_.size());
  for (std::uint64_t trial = 0; trial < trials; ++trial) {
    const std::int32_t item = trained_[sampling_.below(items, counter(sample, trial), epoch)];
    if (!rated(user, item)) return item;
  }
  const auto start = sampling_.below(items, counter(sample, 0), epoch);
  for (std::uint64_t step = 0; step < items; ++step) {
    const auto item = trained_[(start + step) % items];
    if (!rated(user, item)) return item;
  }
  return trained_.front();  // never reached: such users have no samples
}

std::int32_t Samples::candidate(std::int32_t user, std::int64_t number, std::uint32_t epoch, int trial) const {
  return negative(user, static_cast<std::uint64_t>(number * most_candidates + trial), epoch);
}

void Samples::fill(const Permutation& order, std::uint32_t epoch, std::int64_t first, std::int64_t size,
                   std::int64_t most, Threads& threads, Span<Batch> batches) const {
  TaskList tasks;
  for (Batch& batch : batches) {
    const std::int64_t n = std::min(most, size);
    batch.numbers.resize(n);
    batch.users.resize(n);
    batch.items.resize(paired_ ? 2 * n : n);
    batch.entries.resize(n);
    batch.targets.resize(n);
    tasks.add(n, range, [this, &order, epoch, first, &batch](std::int64_t begin, std::int64_t end, int) {
      fill_range(order, epoch, first, begin, end, batch);
    });
    first += n;
    size -= n;
  }
  tasks.run(threads);
}

/// In steps over all samples of the range: each reads at random what the one before has found, and reads of different
/// samples overlap.
void Samples::fill_range(const Permutation& order, std::uint32_t epoch, std::int64_t first, std::int64_t begin,
                         std::int64_t end, Batch& batch) const {
  FixedArray<std::int64_t, range> entries;
  for (std::int64_t s = begin; s < end; ++s) {
    const std::int64_t number = batch.numbers[s] = order(first + s);
    entries[s - begin] = per_positive_ > 1 ? number / per_positive_ : number;
    __builtin_prefetch(&positives_[entries[s - begin]]);
  }
  for (std::int64_t& entry : Span<std::int64_t>(entries).first(end - begin)) {
    entry = positives_[entry];
    __builtin_prefetch(&users_[entry]);
    __builtin_prefetch(ratings_.indices + entry);
  }
  for (std::int64_t s = begin; s < end; ++s) {
    const bool sampled = per_positive_ > 1 && batch.numbers[s] % per_positive_ != 0;
    const std::int64_t entry = entries[s - begin];
    batch.users[s] = users_[entry];
    batch.items[s] = ratings_.indices[entry];
    batch.entries[s] = sampled ? -1 : static_cast<std::int32_t>(entry);
    batch.targets[s] = ranking_ ? (sampled ? 0.0F : 1.0F) : ratings_.values[entry];
  }
  if (!ranking_ || searched_) return;
  FixedArray<std::uint64_t, range> counters, bits;
  FixedArray<std::uint32_t, range> epochs;
  epochs.fill(epoch);
  for (std::int64_t s = begin; s < end; ++s)
    counters[s - begin] = counter(static_cast<std::uint64_t>(batch.numbers[s]), 0);
  random_bits64(sampling_, counters.data(), epochs.data(), end - begin, bits.data());
  std::int32_t* negatives = batch.items.data() + (paired_ ? batch.users.size() : 0);
  for (std::int64_t s = begin; s < end; ++s) {
    if (!paired_ && batch.entries[s] >= 0) continue;
    negatives[s] = trained_[Random::below_of(static_cast<std::uint64_t>(trained_.size()), bits[s - begin])];
    filter_.prefetch(batch.users[s], negatives[s]);
  }
  FixedArray<std::int64_t, range> own;  // samples whose movie may be, then is, the user's
  std::int64_t count = 0;
  for (std::int64_t s = begin; s < end; ++s) {
    if (!paired_ && batch.entries[s] >= 0) continue;
    own[count] = s;
    count += filter_.surely_lacks(batch.users[s], negatives[s]) ? 0 : 1;
  }
  std::int64_t found = 0;
  for (std::int64_t m = 0; m < count; ++m) {
    const std::int64_t s = own[m];
    own[found] = s;
    found += contains(ratings_.row_indices(batch.users[s]), negatives[s]) ? 1 : 0;
  }
  for (std::int64_t m = 0; m < found; ++m) {
    const std::int64_t s = own[m];
    negatives[s] = negative(batch.users[s], static_cast<std::uint64_t>(batch.numbers[s]), epoch);
  }
}

}  // namespace embrace
