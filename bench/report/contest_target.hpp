// The accuracy that both sides of a contest must reach, from their records alone: a ratio of times, or of rates, says
// something only where both have it.
#pragma once
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "bench/peers/contest.hpp"
#include "host/record.hpp"

namespace embrace {

/// Rankings race to a place between popularity and what each side reaches at its best, the greatest value of its
/// curves. It lies at least this share of the way from popularity to the better side's best: what is nearer to
/// popularity needs no training.
inline constexpr double least_share = 1.0 / 3;
/// And this share of the way to the worse side's best: the rest is the noise of single epochs, and the time that it
/// takes would be charged to the worse side alone.
inline constexpr double worse_share = 0.95;

/// Ours and theirs of one repetition, both ok and with a curve.
using ContestPair = std::pair<const Record*, const Record*>;

struct ContestTarget {
  std::string metric;           // of the curves; that of the contest but in records of earlier builds
  bool race = false;            // between rankings, by the rule above, and measured as it should be
  std::optional<double> value;  // what both must reach
  std::string reason;           // why there is no ratio; empty when every run reaches the value
};

/// Of at least one pair; `baseline`: popularity's record, with a curve; null when there is none. Ratings, and rankings
/// of earlier builds, race to the accuracy that is stated for the data, else to the worst end of all runs.
ContestTarget contest_target(const peers::Contest& contest, const std::vector<ContestPair>& pairs,
                             const Record* baseline);

/// Seconds of training until the curve reaches the value; absent when it does not.
std::optional<double> seconds_to(const Record& record, double value);

}  // namespace embrace
