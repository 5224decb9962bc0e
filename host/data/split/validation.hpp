// A validation part: what a setting is chosen on before the test is looked at.
#pragma once
#include <cstdint>

#include "host/data/ratings.hpp"
#include "host/data/split/split.hpp"
#include "host/data/split/split_name.hpp"
#include "host/threads.hpp"

namespace embrace {

/// The training part of `fold` divided again, as `how` says (its first fold): train' and test' are disjoint, together
/// they are fold.train, and positions are in the same ratings. fold.test, known and candidates are not read. The same
/// ratings, fold.train, name and seed give the same part. Throws UsageError for a split that has to come with the data
/// (official, files) or sets ratings aside (fold-in), and what make_folds throws.
Fold validation_part(const Ratings& ratings, const Fold& fold, const SplitName& how, std::uint64_t seed,
                     Threads& threads);

}  // namespace embrace
