#include "host/data/split/validation.hpp"

#include <vector>

#include "host/data/dataset.hpp"
#include "host/data/split/split_hash.hpp"
#include "host/error.hpp"

namespace embrace {
namespace {

using Kind = SplitName::Kind;

/// Positions in a list of positions become those that the list has there.
void lift(std::vector<std::int64_t>& positions, const std::vector<std::int64_t>& list) {
  for (std::int64_t& p : positions) p = list[static_cast<std::size_t>(p)];
}

}  // namespace

Fold validation_part(const Ratings& ratings, const Fold& fold, const SplitName& how, std::uint64_t seed,
                     Threads& threads) {
  if (how.kind == Kind::official || how.kind == Kind::files || how.kind == Kind::fold_in) {
    throw UsageError("split '" + how.text + "' cannot divide a training part", "take holdout:SHARE or leave-last-out");
  }
  Dataset training;
  training.ratings = subset(ratings, fold.train);
  std::vector<Fold> parts = make_folds(training, how, seed, {}, threads);
  parts.resize(1);
  lift(parts[0].train, fold.train);
  lift(parts[0].test, fold.train);
  parts[0].number = fold.number;
  hash_folds(ratings, parts, threads);
  return parts[0];
}

}  // namespace embrace
