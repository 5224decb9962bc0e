// Splits: which ratings are for training and which for the test, by name and seed alone.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "host/data/dataset.hpp"
#include "host/data/load_options.hpp"
#include "host/data/split/split_name.hpp"
#include "host/threads.hpp"

namespace embrace {

/// One train/test division. Positions are ascending and point into the ratings that were split.
struct Fold {
  int number = 0;  // from 0
  std::vector<std::int64_t> train;
  std::vector<std::int64_t> test;
  std::vector<std::int64_t> known;  // fold-in: ratings of held-out users that are given when they are scored
  std::vector<std::vector<std::int32_t>> candidates;  // sampled ranking: items to rank, one list a user; else empty
  std::string sha256;                                 // of the raw (user, item) pairs of train, test and known
  std::optional<std::int64_t> until{};  // time: the second of the last training rating; nothing later is known
};

/// All folds of a split. The same data, name and seed give the same folds on every machine.
/// Random splits depend on the set of raw (user, item) pairs and the seed, not on the order of the file.
///   kfold, holdout, cold-*: parts of random order; sizes of parts differ by one at most. A cold part's items (users)
///     have all their ratings in the test.
///   leave-last-out: each user's latest rating is the test, of equal times the one on the later line. A user with one
///     rating keeps it for training and has no test.
///   time: the latest of all ratings; of equal times the later lines.
///   fold-in: of each held-out user ceil(n / 5) random ratings are the test and the others known; a user with one
///     rating has it known.
/// Throws UsageError for a split that the data cannot have: no timestamps, more folds than ratings, an empty part, …
/// `files` is not for this function: its ratings must replace the data's first (see divide).
std::vector<Fold> make_folds(const Dataset& dataset, const SplitName& split, std::uint64_t seed,
                             const LoadOptions& options, Threads& threads);

}  // namespace embrace
