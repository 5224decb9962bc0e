// Splits: which ratings are for training and which for the test, by name and seed alone.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "host/data/dataset.hpp"

namespace embrace {

/// A split as named on the command line, e.g. kfold:5.
struct SplitName {
  enum class Kind { official, kfold, holdout, leave_last_out, time, cold_items, cold_users, fold_in, files };
  Kind kind = Kind::holdout;
  std::string text;                   // as given; goes into the record
  std::string official;               // official:NAME
  int parts = 1;                      // kfold:K, cold-items:K, cold-users:K
  double share = 0.2;                 // holdout:SHARE, time:SHARE
  std::int64_t users = 0;             // fold-in:USERS
  std::string train_file, test_file;  // files:TRAIN,TEST

  int folds() const { return kind == Kind::kfold || kind == Kind::cold_items || kind == Kind::cold_users ? parts : 1; }
};

/// Throws UsageError with the list of kinds, or the reason a number is impossible.
SplitName parse_split(const std::string& text);
/// The kinds as written, in order, each with its meaning.
std::vector<std::pair<std::string, std::string>> split_names();

/// One train/test division. Positions are ascending and point into the ratings that were split.
struct Fold {
  int number = 0;  // from 0
  std::vector<std::int64_t> train;
  std::vector<std::int64_t> test;
  std::vector<std::int64_t> known;  // fold-in: ratings of held-out users that are given when they are scored
  std::vector<std::vector<std::int32_t>> candidates;  // sampled ranking: items to rank, one list a user; else empty
  std::string sha256;                                 // of the raw (user, item) pairs of train, test and known
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

/// The ratings at least `minimum`, with users and items renumbered to those that remain; the catalogue stays whole.
/// What falls out is neither trained on, nor masked, nor a target. UsageError when nothing remains.
Dataset reduced(const Dataset& dataset, float minimum);

/// Data made ready for a split, and its folds; the positions of the folds point into dataset.ratings.
struct Division {
  Dataset dataset;
  std::vector<Fold> folds;
};

/// The way from data to folds for every kind of split, in this order:
///  1. files:TRAIN,TEST: the ratings of the two files (train first) replace those of the data, which keep the rest:
///     catalogue, tags. A pair that is in both files is a DataError.
///  2. positive: reduced to ratings ≥ *positive. Published positions (official, files) are made before and follow:
///     what falls out leaves train, test and candidates.
///  3. make_folds on what is left, so that sizes and "latest" are meant of the reduced data.
Division divide(Dataset dataset, const SplitName& split, std::uint64_t seed, std::optional<float> positive,
                const LoadOptions& options, Threads& threads);

/// Fold::sha256 of each fold: over "train", "test", "known", each with its raw (user, item) pairs in ascending order,
/// as little-endian 64-bit numbers behind their count.
void hash_folds(const Ratings& ratings, std::vector<Fold>& folds, Threads& threads);

}  // namespace embrace
