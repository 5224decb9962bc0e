// From data to folds: ratings replaced (files), reduced (positive), split.
#pragma once
#include <cstdint>
#include <optional>
#include <vector>

#include "host/data/load_options.hpp"
#include "host/data/split/split.hpp"
#include "host/data/split/split_name.hpp"
#include "host/threads.hpp"

namespace embrace {

/// The ratings at least `minimum`, with users and items renumbered to those that remain; the catalogue stays whole.
/// What falls out is neither trained on, nor masked, nor a target. UsageError when nothing remains.
Dataset reduced(const Dataset& dataset, float minimum);

/// Data made ready for a split, and its folds; the positions of the folds point into dataset.ratings.
struct Division {
  Dataset dataset;
  std::vector<Fold> folds;
};

/// The way from data to folds for every kind of split, in this order:
///  1. files:TRAIN,TEST: the ratings of the two files (train first) replace those of the data, which keep the rest:
///     catalogue, tags. A pair that is in both files is a DataError.
///  2. positive: reduced to ratings ≥ *positive. Published positions (official, files) are made before and follow:
///     what falls out leaves train, test and candidates.
///  3. make_folds on what is left, so that sizes and "latest" are meant of the reduced data.
Division divide(Dataset dataset, const SplitName& split, std::uint64_t seed, std::optional<float> positive,
                const LoadOptions& options, Threads& threads);

}  // namespace embrace
