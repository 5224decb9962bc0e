#include "host/metadata/features.hpp"

#include <numeric>

#include "host/error.hpp"
#include "host/metadata/blocks.hpp"
#include "host/metadata/controls.hpp"
#include "host/metadata/movies.hpp"
#include "host/metadata/sets.hpp"
#include "host/metadata/tags.hpp"
#include "host/metadata/users.hpp"

namespace embrace {
namespace {

/// Collects blocks; what is not there is an error when it was named, a note when it is part of `all`.
class Builder {
 public:
  Builder(const Dataset& dataset, const Fold& fold, const Information& information, Task task, Threads& threads)
      : dataset_(dataset), fold_(fold), information_(information), task_(task), threads_(threads) {
    if (information.user) add_user();
    if (information.movie) add_movie();
    if (information.tags) add_tags();
    if (information.time) add_time();
    if (information.sets) add_sets();
  }

  FeatureSet result() {
    const Ratings& ratings = dataset_.ratings;
    set_.user = joined(user_, ratings.user_count());
    set_.item = joined(item_, ratings.item_count());
    set_.context = joined(context_, ratings.size());
    return std::move(set_);
  }

 private:
  static std::optional<Features> joined(const std::vector<FeatureBlock>& blocks, std::int64_t rows) {
    Features features = join(blocks, rows);
    return features.fields.empty() ? std::nullopt : std::optional(std::move(features));
  }

  void missing(const std::string& part, const std::string& reason) {
    if (!information_.everything) throw Unsupported(part + ": " + reason);
    set_.notes.push_back("without " + part + ": " + reason);
  }

  void add_user() {
    const UserTable table = user_table(dataset_, fold_);
    if (!table.profiles) return missing("+user", "the data describes none of its users");
    append(user_, user_blocks(table));
  }

  void add_movie() {
    const MovieTable table = movie_table(dataset_, fold_);
    if (!table.movies) return missing("+movie", "the data describes none of its movies");
    append(item_, movie_blocks(table));
  }

  void add_tags() {
    if (dataset_.catalogue.tags.empty()) return missing("+tags", "the data has no tags");
    TagTable table = count_tags(dataset_, fold_);
    if (table.vocabulary.empty()) return missing("+tags", "no tag is common enough in the training part");
    FeatureBlock block{"tags", Field::Kind::multi_hot, {}, std::move(table.weights)};
    for (const std::int32_t tag : table.vocabulary)
      block.columns.push_back(table.tags[static_cast<std::size_t>(tag)].tag);
    item_.push_back(std::move(block));
    set_.notes.push_back(std::to_string(table.vocabulary.size()) + " tags from " + std::to_string(table.used) +
                         " uses; left out: " + std::to_string(table.in_test) + " of test pairs, " +
                         std::to_string(table.without_movie) + " of movies without a rating");
  }

  void add_time() {
    if (task_ == Task::ranking) return missing("+time", "what is ranked has no time");
    if (dataset_.ratings.times.empty()) return missing("+time", "the ratings have no times");
    append(context_, time_blocks(dataset_.ratings, fold_.train, threads_));
  }

  void add_sets() {
    user_.push_back(set_block(dataset_.ratings, fold_.train, Side::user));
    item_.push_back(set_block(dataset_.ratings, fold_.train, Side::item));
  }

  static void append(std::vector<FeatureBlock>& to, std::vector<FeatureBlock> blocks) {
    for (FeatureBlock& block : blocks) to.push_back(std::move(block));
  }

  const Dataset& dataset_;
  const Fold& fold_;
  const Information& information_;
  Task task_;
  Threads& threads_;
  std::vector<FeatureBlock> user_, item_, context_;
  FeatureSet set_;
};

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
  FeatureSet set = Builder(dataset, fold, information, task, threads).result();
  if (information.control == Information::Control::shuffled) shuffle_set(set, fold, seed);
  if (information.control == Information::Control::random) randomise_set(set, seed, threads);
  return set;
}

}  // namespace embrace
