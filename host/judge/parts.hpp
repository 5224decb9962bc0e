// Parts: the training ratings of a fold divided into those that make the embedding, those that fit the judge, and those
// on which its setting and its epoch are chosen. A judge that is fitted on the ratings that made the embedding learns
// to trust what the embedding has memorised of them, and ranks sources by their regularization (docs/judge.md).
#pragma once
#include <cstdint>
#include <vector>

#include "host/data/dataset.hpp"
#include "host/data/split/split.hpp"
#include "host/data/split/split_name.hpp"

namespace embrace::judge {

/// Positions in the ratings, ascending; disjoint, together the fold's training part.
struct Parts {
  std::vector<std::int64_t> embedding;   // about 60 %
  std::vector<std::int64_t> fit;         // about 30 %
  std::vector<std::int64_t> validation;  // about 10 %
};

/// By time where the split is by time (time, leave-last-out): the first 60 % make the embedding, the latest 10 % are
/// for validation; of equal times the order of the ratings. Else at random by pair, by raw ids and `draw` alone. Where
/// the split has cold items (cold users), the validation part is all ratings of a random tenth of the training part's
/// items (users), so that settings are chosen for what is asked. Throws Unsupported for a training part too small to
/// divide.
Parts divide_training(const Ratings& ratings, const Fold& fold, const SplitName& split, std::uint64_t draw);

/// Throws std::invalid_argument when a rating is in two parts: nobody may judge with the ratings that made the source.
void require_disjoint(const Parts& parts);

/// The fold that a source is trained on: the embedding part in place of the training part; all else is its test, what
/// is known of held-out users included. `until` is the part's last second where the fold has one.
Fold embedding_fold(const Ratings& ratings, const Fold& fold, const Parts& parts);

}  // namespace embrace::judge
