// Do the judges say the same? Ranks with intervals in place of ranks, and where two judges see different differences.
#pragma once
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "bench/answer/evidence.hpp"

namespace embrace::answer {

/// A row can have any rank from `best` to `worst`: so many are better, and so many worse, after Holm's correction over
/// all pairs of rows.
struct RankInterval {
  std::string name;
  int best = 1, worst = 1;
};

/// Rows that are no controls, best first.
std::vector<RankInterval> rank_intervals(const Rows& rows, const std::string& metric);

/// Of two judges on the sources that both have judged.
struct Agreement {
  std::string a, b;
  int sources = 0;
  double tau = 0;   // Kendall's tau-a of the two orders by value
  int pairs = 0;    // of sources
  int both = 0;     // pairs that both judges tell apart, in the same order
  int one = 0;      // that one of them does
  int against = 0;  // that both do, in opposite orders
  std::string sentence() const;
};

/// Of each two judges; nothing of fewer than two sources.
std::vector<Agreement> agreements(const std::map<std::string, Rows>& judges, const std::string& metric);

}  // namespace embrace::answer
