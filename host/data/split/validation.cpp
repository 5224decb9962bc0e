#include "host/data/split/validation.hpp"

#include <algorithm>
#include <set>
#include <utility>

#include "host/error.hpp"

namespace embrace {
namespace {

using Kind = SplitName::Kind;

/// Raw ids of the pairs that are not for training.
std::set<std::pair<std::int64_t, std::int64_t>> hidden_pairs(const Ratings& ratings, const Fold& fold) {
  std::set<std::pair<std::int64_t, std::int64_t>> pairs;
  for (const auto* part : {&fold.test, &fold.known}) {
    for (const std::int64_t position : *part) {
      const auto p = static_cast<std::size_t>(position);
      pairs.emplace(ratings.user_ids[static_cast<std::size_t>(ratings.users[p])],
                    ratings.item_ids[static_cast<std::size_t>(ratings.items[p])]);
    }
  }
  return pairs;
}

}  // namespace

Dataset training_data(const Dataset& dataset, const Fold& fold) {
  Dataset training;
  training.name = dataset.name;
  training.layout = dataset.layout;
  training.sha256 = dataset.sha256;
  training.ratings = subset(dataset.ratings, fold.train);
  training.catalogue = dataset.catalogue;
  const auto hidden = hidden_pairs(dataset.ratings, fold);
  std::erase_if(training.catalogue.tags, [&](const TagUse& use) {
    return !use.travelled && hidden.contains({use.user, use.item});
  });
  return training;
}

SplitName validation_split(const SplitName& split) {
  switch (split.kind) {
    case Kind::leave_last_out:
    case Kind::time:
    case Kind::cold_items:
    case Kind::cold_users:
    case Kind::fold_in:
      return split;
    case Kind::official:
      return parse_split(split.official == "ncf" ? "leave-last-out" : "holdout:0.1");
    case Kind::kfold:
    case Kind::holdout:
    case Kind::files:
      break;
  }
  return parse_split("holdout:0.1");
}

Division validation_part(const Dataset& dataset, const Fold& fold, const SplitName& how, std::uint64_t seed,
                         Threads& threads) {
  if (how.kind == Kind::official || how.kind == Kind::files) {
    throw UsageError("split '" + how.text + "' cannot divide a training part", "take holdout:SHARE or leave-last-out");
  }
  Division part{training_data(dataset, fold), {}};
  part.folds = make_folds(part.dataset, how, seed, {}, threads);
  part.folds.resize(1);
  part.folds[0].number = fold.number;
  return part;
}

}  // namespace embrace
