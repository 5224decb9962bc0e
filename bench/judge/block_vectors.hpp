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

/// The blocks side by side. Each is centred over the items with a training rating that it knows, where it does not know
/// an item it is 0, and it is scaled so that its mean squared length is 1: a block with many columns weighs no more.
/// Throws Unsupported for a block that the data do not have.
EntityVectors block_vectors(const Experiment& experiment, const std::vector<std::string>& names, Threads& threads);

}  // namespace embrace::judge
