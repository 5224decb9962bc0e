// Names of splits, e.g. kfold:5.
#pragma once
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace embrace {

/// A split as named on the command line, e.g. kfold:5.
struct SplitName {
  enum class Kind { official, kfold, holdout, leave_last_out, time, cold_items, cold_users, fold_in, files };
  Kind kind = Kind::holdout;
  std::string text;                   // one text a split (kfold:2 for kfold:02); goes into the record
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

}  // namespace embrace
