#include "host/metadata/features.hpp"

#include <numeric>

#include "host/metadata/block_set.hpp"
#include "host/metadata/controls.hpp"
#include "host/metadata/information.hpp"

namespace embrace {
namespace {

std::optional<Features> joined(const std::vector<FeatureBlock>& blocks, std::int64_t rows) {
  Features features = join(blocks, rows);
  return features.fields.empty() ? std::nullopt : std::optional(std::move(features));
}

std::vector<std::int64_t> all_rows(std::int64_t rows) {
  std::vector<std::int64_t> list(static_cast<std::size_t>(rows));
  std::iota(list.begin(), list.end(), std::int64_t{0});
  return list;
}

/// The positions that are not in `train` (both ascending).
std::vector<std::int64_t> others(std::int64_t size, const std::vector<std::int64_t>& train) {
  std::vector<std::int64_t> rest;
  std::size_t next = 0;
  for (std::int64_t p = 0; p < size; ++p) {
    if (next < train.size() && train[next] == p) {
      ++next;
    } else {
      rest.push_back(p);
    }
  }
  return rest;
}

/// Context rows move among training ratings and among the rest apart, so that no time of a test rating is trained on.
void shuffle_set(FeatureSet& set, const Fold& fold, std::uint64_t seed) {
  if (set.user) set.user = shuffled_rows(*set.user, all_rows(set.user->rows.rows()), seed, FeatureRows::user);
  if (set.item) set.item = shuffled_rows(*set.item, all_rows(set.item->rows.rows()), seed, FeatureRows::item);
  if (!set.context) return;
  const std::int64_t size = set.context->rows.rows();
  set.context = shuffled_rows(*set.context, fold.train, seed, FeatureRows::context_train);
  set.context = shuffled_rows(*set.context, others(size, fold.train), seed, FeatureRows::context_rest);
}

void randomise_set(FeatureSet& set, std::uint64_t seed, Threads& threads) {
  if (set.user) set.user = random_rows(*set.user, seed, FeatureRows::user, threads);
  if (set.item) set.item = random_rows(*set.item, seed, FeatureRows::item, threads);
  if (set.context) set.context = random_rows(*set.context, seed, FeatureRows::context_train, threads);
}

}  // namespace

FeatureSet build_features(const Dataset& dataset, const Fold& fold, const Information& information, Task task,
                          std::uint64_t seed, Threads& threads) {
  BlockSet blocks = build_blocks(dataset, fold, information, task, threads);
  FeatureSet set;
  set.user = joined(blocks.user, dataset.ratings.user_count());
  set.item = joined(blocks.item, dataset.ratings.item_count());
  set.context = joined(blocks.context, dataset.ratings.size());
  set.notes = std::move(blocks.notes);
  if (information.control == Information::Control::shuffled) shuffle_set(set, fold, seed);
  if (information.control == Information::Control::random) randomise_set(set, seed, threads);
  return set;
}

}  // namespace embrace
