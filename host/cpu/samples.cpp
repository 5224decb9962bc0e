#include "host/cpu/samples.hpp"

#include <algorithm>
#include <numeric>

namespace embrace::cpu {

std::vector<std::int64_t> row_sizes(CsrView ratings) {
  std::vector<std::int64_t> sizes(static_cast<std::size_t>(ratings.rows));
  for (std::int64_t r = 0; r < ratings.rows; ++r) sizes[static_cast<std::size_t>(r)] = ratings.row_size(r);
  return sizes;
}

Samples::Samples(const Problem& problem, Negatives kind, std::int64_t negatives)
    : ratings_(problem.ratings.view()),
      ranking_(problem.task == Task::ranking),
      pairwise_(ranking_ && kind == Negatives::pairwise),
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

/// Drawn again until it is none of the user's: by trial first, then, for a user who has nearly all movies, by counting
/// through the movies that are left.
std::int32_t Samples::negative(std::int32_t user, std::uint64_t sample, std::uint32_t epoch) const {
  constexpr std::uint64_t trials = 32;
  const auto row = ratings_.row_indices(user);
  for (std::uint64_t trial = 0; trial < trials; ++trial) {
    const auto item = trained_[sampling_.below(trained_.size(), sample * trials + trial, epoch)];
    if (!std::binary_search(row.begin(), row.end(), item)) return item;
  }
  const auto start = sampling_.below(trained_.size(), sample * trials, epoch);
  for (std::size_t step = 0; step < trained_.size(); ++step) {
    const auto item = trained_[(start + step) % trained_.size()];
    if (!std::binary_search(row.begin(), row.end(), item)) return item;
  }
  return trained_.front();  // never reached: such users have no samples
}

void Samples::fill(const Permutation& order, std::uint32_t epoch, std::int64_t first, std::int64_t size,
                   Threads& threads, Batch& batch) const {
  const auto n = static_cast<std::size_t>(size);
  batch.users.resize(n);
  batch.items.resize(pairwise_ ? 2 * n : n);
  batch.entries.resize(n);
  batch.targets.resize(n);
  threads.for_ranges(size, 512, [&](std::int64_t begin, std::int64_t end, int) {
    for (auto s = static_cast<std::size_t>(begin); s < static_cast<std::size_t>(end); ++s) {
      const std::int64_t sample = order(first + static_cast<std::int64_t>(s));
      const std::int64_t entry = positives_[static_cast<std::size_t>(sample / per_positive_)];
      const bool sampled = sample % per_positive_ != 0;
      const std::int32_t user = users_[static_cast<std::size_t>(entry)];
      batch.users[s] = user;
      batch.items[s] = sampled ? negative(user, static_cast<std::uint64_t>(sample), epoch) : ratings_.indices[entry];
      if (pairwise_) batch.items[n + s] = negative(user, static_cast<std::uint64_t>(sample), epoch);
      batch.entries[s] = sampled ? -1 : static_cast<std::int32_t>(entry);
      batch.targets[s] = ranking_ ? (sampled ? 0.0F : 1.0F) : ratings_.values[entry];
    }
  });
}

}  // namespace embrace::cpu
