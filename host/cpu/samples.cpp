#include "host/cpu/samples.hpp"

#include <algorithm>
#include <bit>
#include <numeric>

#include "host/cpu/task_list.hpp"

namespace embrace::cpu {
namespace {

constexpr std::int64_t range = 256;  // samples a task
constexpr std::uint64_t trials = 32;

}  // namespace

std::vector<std::int64_t> row_sizes(CsrView ratings) {
  std::vector<std::int64_t> sizes(static_cast<std::size_t>(ratings.rows));
  for (std::int64_t r = 0; r < ratings.rows; ++r) sizes[static_cast<std::size_t>(r)] = ratings.row_size(r);
  return sizes;
}

RowFilter::RowFilter(CsrView rows) : parts_(static_cast<std::size_t>(rows.rows)) {
  std::size_t size = 0;
  for (std::int64_t r = 0; r < rows.rows; ++r) {
    const auto entries = static_cast<std::uint32_t>(std::min<std::int64_t>(rows.row_size(r), 1 << 26));
    const std::uint32_t bits = std::bit_ceil(std::max(64U, 8 * entries));  // whole words
    parts_[static_cast<std::size_t>(r)] = {size, 32U - static_cast<unsigned>(std::countr_zero(bits))};
    size += bits;
  }
  bits_.resize(size / 64);
  for (std::int64_t r = 0; r < rows.rows; ++r) {
    const Part& part = parts_[static_cast<std::size_t>(r)];
    for (const std::int32_t column : rows.row_indices(r)) {
      const std::size_t bit = part.first + (hash(column) >> part.shift);
      bits_[bit / 64] |= std::uint64_t{1} << (bit % 64);
    }
  }
}

Samples::Samples(const Problem& problem, Negatives kind, std::int64_t negatives)
    : ratings_(problem.ratings.view()),
      filter_(problem.task == Task::ranking ? ratings_ : CsrView{}),
      ranking_(problem.task == Task::ranking),
      paired_(ranking_ && kind != Negatives::pointwise),
      searched_(ranking_ && kind == Negatives::searched),
      per_positive_(ranking_ && kind == Negatives::pointwise ? 1 + negatives : 1),
      users_(static_cast<std::size_t>(ratings_.entries())),
      shuffle_(problem.seed, Stream::shuffle),
      sampling_(problem.seed, Stream::sampling) {
  const CsrView by_item = problem.by_item.view();
  for (std::int64_t i = 0; i < by_item.rows; ++i) {
    if (by_item.row_size(i) > 0) trained_.push_back(static_cast<std::int32_t>(i));
  }
  positives_.reserve(users_.size());
  for (std::int64_t u = 0; u < ratings_.rows; ++u) {
    const auto row = ratings_.row_indices(u);
    std::fill_n(users_.begin() + ratings_.offsets[u], row.size(), static_cast<std::int32_t>(u));
    if (ranking_) {  // distinct movies: a row may name one twice
      std::int64_t distinct = 0;
      for (std::size_t e = 0; e < row.size(); ++e) distinct += e == 0 || row[e] != row[e - 1] ? 1 : 0;
      if (distinct == static_cast<std::int64_t>(trained_.size())) continue;
    }
    for (std::int64_t e = ratings_.offsets[u]; e < ratings_.offsets[u + 1]; ++e) positives_.push_back(e);
  }
}

Permutation Samples::order(std::uint32_t epoch) const { return {std::max<std::int64_t>(1, size()), shuffle_, epoch}; }

std::int32_t Samples::drawn(std::uint64_t sample, std::uint32_t epoch, std::uint64_t trial) const {
  return trained_[sampling_.below(trained_.size(), sample * trials + trial, epoch)];
}

bool Samples::rated(std::int32_t user, std::int32_t item) const {
  if (filter_.surely_lacks(user, item)) return false;
  const auto row = ratings_.row_indices(user);
  return std::binary_search(row.begin(), row.end(), item);
}

/// Drawn again until it is none of the user's: by trial first, then, for a user who has nearly all movies, by counting
/// through the movies that are left.
std::int32_t Samples::negative(std::int32_t user, std::uint64_t sample, std::uint32_t epoch) const {
  for (std::uint64_t trial = 0; trial < trials; ++trial) {
    const std::int32_t item = drawn(sample, epoch, trial);
    if (!rated(user, item)) return item;
  }
  const auto start = sampling_.below(trained_.size(), sample * trials, epoch);
  for (std::size_t step = 0; step < trained_.size(); ++step) {
    const auto item = trained_[(start + step) % trained_.size()];
    if (!rated(user, item)) return item;
  }
  return trained_.front();  // never reached: such users have no samples
}

std::int32_t Samples::candidate(std::int32_t user, std::int64_t number, std::uint32_t epoch, int trial) const {
  return negative(user, static_cast<std::uint64_t>(number * most_candidates + trial), epoch);
}

void Samples::fill(const Permutation& order, std::uint32_t epoch, std::int64_t first, std::int64_t size,
                   std::int64_t most, Threads& threads, std::span<Batch> batches) const {
  TaskList tasks;
  for (Batch& batch : batches) {
    const std::int64_t here = std::min(most, size);
    const auto n = static_cast<std::size_t>(here);
    batch.numbers.resize(n);
    batch.users.resize(n);
    batch.items.resize(paired_ ? 2 * n : n);
    batch.entries.resize(n);
    batch.targets.resize(n);
    tasks.add(here, range, [this, &order, epoch, first, &batch](std::int64_t begin, std::int64_t end, int) {
      fill_range(order, epoch, first, static_cast<std::size_t>(begin), static_cast<std::size_t>(end), batch);
    });
    first += here;
    size -= here;
  }
  tasks.run(threads);
}

/// In steps over all samples of the range: each reads at random what the one before has found, and reads of different
/// samples overlap.
void Samples::fill_range(const Permutation& order, std::uint32_t epoch, std::int64_t first, std::size_t begin,
                         std::size_t end, Batch& batch) const {
  for (std::size_t s = begin; s < end; ++s) batch.numbers[s] = order(first + static_cast<std::int64_t>(s));
  for (std::size_t s = begin; s < end; ++s) {
    const std::int64_t number = batch.numbers[s];
    const bool sampled = per_positive_ > 1 && number % per_positive_ != 0;
    const std::int64_t entry =
        positives_[static_cast<std::size_t>(per_positive_ > 1 ? number / per_positive_ : number)];
    batch.users[s] = users_[static_cast<std::size_t>(entry)];
    batch.items[s] = ratings_.indices[entry];
    batch.entries[s] = sampled ? -1 : static_cast<std::int32_t>(entry);
    batch.targets[s] = ranking_ ? (sampled ? 0.0F : 1.0F) : ratings_.values[entry];
  }
  if (!ranking_ || searched_) return;
  std::int32_t* negatives = batch.items.data() + (paired_ ? batch.users.size() : 0);
  for (std::size_t s = begin; s < end; ++s) {
    if (!paired_ && batch.entries[s] >= 0) continue;
    negatives[s] = drawn(static_cast<std::uint64_t>(batch.numbers[s]), epoch, 0);
    filter_.prefetch(batch.users[s], negatives[s]);
  }
  for (std::size_t s = begin; s < end; ++s) {
    if (!paired_ && batch.entries[s] >= 0) continue;
    if (rated(batch.users[s], negatives[s])) {
      negatives[s] = negative(batch.users[s], static_cast<std::uint64_t>(batch.numbers[s]), epoch);
    }
  }
}

}  // namespace embrace::cpu
