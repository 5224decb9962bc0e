// Step 4, final metadata: named feature blocks joined into what a method reads, from the training part only.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "host/data/dataset.hpp"
#include "host/data/split/split.hpp"
#include "host/metadata/information.hpp"
#include "host/method.hpp"

namespace embrace {

/// Everything a method can be fed with for one fold. A part that the information does not name is absent.
struct FeatureSet {
  std::optional<Features> user;     // one row a user
  std::optional<Features> item;     // one row an item
  std::optional<Features> context;  // one row a rating of the reduced data, train and test (the pair's own time)
  std::vector<std::string> notes;   // e.g. how many tags matched, what was not there
};

/// Builds the blocks for a fold. Everything computed from ratings, tags or times (aggregates, vocabularies, idf,
/// means, sets, days) uses fold.train only; a tag that a user gave to a movie of a test pair is not used, tags that
/// travelled from another data set are. Throws Unsupported with the reason when a named block is not in the data
/// (`+tags` without tags) or does not fit the task (`+time` in rankings: what is ranked has no time).
FeatureSet build_features(const Dataset& dataset, const Fold& fold, const Information& information, Task task,
                          std::uint64_t seed, Threads& threads);

}  // namespace embrace
