// A validation part: what a setting is chosen on before the test is looked at.
#pragma once
#include <cstdint>

#include "host/data/split/divide.hpp"
#include "host/data/split/split.hpp"
#include "host/data/split/split_name.hpp"
#include "host/threads.hpp"

namespace embrace {

/// What is known without the test: the ratings of fold.train, with users and items renumbered to those that have one,
/// and the catalogue without the tags that a user gave to a movie of a pair of fold.test or fold.known.
Dataset training_data(const Dataset& dataset, const Fold& fold);

/// In the name of a split in records: whose training part was divided again, and how. "holdout:0.1 > holdout:0.1"
inline constexpr const char* divided_again = " > ";

/// How the training part of a split is divided again, so that the question stays the same: the cold stay cold and the
/// latest the latest. Published and random splits get a random tenth, holdout:0.1.
SplitName validation_split(const SplitName& split);

/// training_data() divided as `how` says, its first fold alone; its number is the fold's. Throws UsageError for a split
/// that has to come with the data (official, files), and what make_folds throws.
Division validation_part(const Dataset& dataset, const Fold& fold, const SplitName& how, std::uint64_t seed,
                         Threads& threads);

}  // namespace embrace
