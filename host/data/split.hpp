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
/// Random splits depend on the set of raw (user, item) pairs, not on the order of the file.
/// Throws UsageError (a split that the data cannot have: no timestamps, more folds than ratings, …).
std::vector<Fold> make_folds(const Dataset& dataset, const SplitName& split, std::uint64_t seed,
                             const LoadOptions& options, Threads& threads);

}  // namespace embrace
