// Gates: what must hold of a table of judges before its numbers may be believed. Each compares sources whose order is
// known beforehand; a table that fails one has a fault in it, or too few draws, and says INCORRECT.
#pragma once
#include <map>
#include <string>
#include <tuple>
#include <vector>

#include "host/record.hpp"

namespace embrace::judge {

/// Of differences that nobody would act upon.
inline constexpr double rmse_margin = 0.001, ndcg_margin = 0.002;
/// How far a judge on a source's own vectors may be behind the source's own score.
inline constexpr double adequacy_margin = 0.002;

/// What random rows may be worth beside none, as a share of what the best source gains over them: no table whose
/// answers are ten times as large is moved by it. They are not worth nothing: a mean of random rows is a random
/// projection of what the user has rated (Achlioptas 2003), of which a network learns a little.
inline constexpr double control_share = 0.1;

struct Gate {
  std::string
      name;  // random-zero, shuffled-random, oracle-best, adequacy, end-to-end; and frozen, rotation: of single runs
  bool holds = true;
  std::string detail;  // the figures behind it
};

/// What belongs together: data, split, task, judge, mode, width.
using GateTable = std::tuple<std::string, std::string, std::string, std::string, std::string, std::int64_t>;
GateTable gate_table(const Record& record);

/// The gates of each table that can be checked with the sources that are there, over runs that succeeded. Records of
/// sources that answer by themselves serve `adequacy`.
///   random-zero       random rows are as good as none: the 95 % interval of the difference, paired over folds, draws,
///                     seeds and users, holds 0, or the difference is within the margin: rmse_margin (ndcg_margin), or
///                     control_share of the best source's gain over random rows where that is more; of ratings alone:
///                     a network that ranks learns from any rows that tell items apart, as from hashed ids
///   shuffled-random   the same of rows on the wrong items and random ones; each shuffled source, beside random rows of
///                     its shape (random:X beside shuffled:X) where the table has them
///   oracle-best       what has seen the test is better than all that has not
///   adequacy          with native users: not behind the source's own score by more than adequacy_margin
///   end-to-end        vectors that a judge learns by itself are better than random ones before the same judge; not
///                     where items are cold
///   frozen, rotation  no run has found that its vectors were changed, or that a rotation and a factor mattered
/// The first two are not asked of judges that train vectors: to one that fine-tunes, random rows are another start than
/// none; beside vectors of its own they are noise.
std::map<GateTable, std::vector<Gate>> check_gates(const std::vector<Record>& records);

}  // namespace embrace::judge
