// The identity of a fold: independent of the order of the file.
#pragma once
#include <vector>

#include "host/data/ratings.hpp"
#include "host/data/split/split.hpp"
#include "host/threads.hpp"

namespace embrace {

/// Fold::sha256 of each fold: over "train", "test", "known", each with its raw (user, item) pairs in ascending order,
/// as little-endian 64-bit numbers behind their count.
void hash_folds(const Ratings& ratings, std::vector<Fold>& folds, Threads& threads);

}  // namespace embrace
