// Metadata as vectors of items, learned by nobody: what is known of a movie, as numbers. Vocabularies, weights and
// counts come from the training part of the fold alone.
#pragma once
#include <string>
#include <utility>
#include <vector>

#include "bench/experiment.hpp"
#include "host/judge/source_vectors.hpp"
#include "host/threads.hpp"

namespace embrace::judge {

/// genres, year, title …, in the order in which a joined name lists them, each with its meaning.
const std::vector<std::pair<std::string, std::string>>& block_names();

/// The blocks side by side, each cut to its own `width` leading axes and scaled so that its mean squared length over
/// the items with a training rating that it knows is 1: a block with many columns neither weighs more nor is lost
/// behind one with few. An item that a block does not know is its mean there, 0; one that none knows is not known.
/// Throws Unsupported for a block that the data do not have.
EntityVectors block_vectors(const Experiment& experiment, const std::vector<std::string>& names, std::int64_t width,
                            Threads& threads);

}  // namespace embrace::judge
