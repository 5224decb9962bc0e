// The search of `embrace tune`: what a trial tries, how many trials live how long, and which of them wins. Seeded
// random search (Bergstra and Bengio 2012) with successive halving (Jamieson and Talwalkar 2016); then a third of the
// trials steps around the best so far, as thirty random points of six dimensions meet no optimum. The same budget and
// the same random numbers for every method.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "bench/selection.hpp"
#include "host/method.hpp"

namespace embrace {

/// --range METHOD.NAME=LOW:HIGH in place of the method's own range; METHOD empty: of all methods that have it.
struct RangeChoice {
  std::string method, name;
  double low = 0, high = 0;
};
/// Throws UsageError: no such method or range, low not below high, beyond what is legal, a logarithm of 0.
std::vector<RangeChoice> parse_ranges(const std::vector<std::string>& texts, const std::vector<const Method*>& methods);

/// What is searched of a method: its ranges, without what `fixed` has set.
std::vector<SearchRange> search_ranges(const Method& method, const std::vector<RangeChoice>& chosen,
                                       const std::vector<Setting>& fixed);

/// Trial 0 is what a run takes without tuning; later ones draw each range, to three digits.
Hyper trial_hyper(const Method& method, Task task, const std::vector<Setting>& fixed, const DataShape& shape,
                  const std::vector<SearchRange>& ranges, std::uint64_t seed, int trial);

/// A step from `from`: each range by a normal number times `width` of the range, inside its ends.
Hyper step_hyper(const Method& method, const Hyper& from, const std::vector<SearchRange>& ranges, std::uint64_t seed,
                 int trial, double width);

/// How many of the trials step around the best.
int steps_of(int trials);

/// A step of the halving: so many trials, the best of the step before, train for this share of their epochs.
struct Rung {
  int trials = 0;
  double share = 1;
};
/// Of n random trials a third lives on, three times as long: n for a ninth, n / 3 for a third, n / 9 whole. One rung
/// when a method has no epochs to share, or there are few trials.
std::vector<Rung> rungs(int trials, bool epochs_can_be_shared);

/// The ranges at whose edge a value lies, in words; an edge that is the end of what is legal is none.
std::vector<std::string> edges(const Method& method, const std::vector<SearchRange>& ranges, const Hyper& hyper);

/// How a trial ended on the validation part.
struct TrialResult {
  int trial = 0;
  Hyper hyper;         // `epochs`: the best number of them
  double value = 0;    // of the metric
  bool failed = true;  // diverged, timed out …: worse than any other
  std::string record;  // its id
  std::string reason;  // of a failure
  std::vector<std::string> edges{};
};

/// Best first; of equals the earlier trial.
void rank_trials(std::vector<TrialResult>& results, bool higher_is_better);

/// The winner of ranked results: the best, or a trial within `tolerance` (relative) of it that lies at no edge. Null
/// when all failed.
const TrialResult* winner(const std::vector<TrialResult>& ranked, double tolerance);

}  // namespace embrace
