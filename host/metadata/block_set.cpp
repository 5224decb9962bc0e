#include "host/metadata/block_set.hpp"

#include "host/error.hpp"
#include "host/metadata/information.hpp"
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

  BlockSet result() { return std::move(set_); }

 private:
  void missing(const std::string& part, const std::string& reason) {
    if (!information_.everything) throw Unsupported(part + ": " + reason);
    set_.notes.push_back("without " + part + ": " + reason);
  }

  void add_user() {
    const UserTable table = user_table(dataset_, fold_, threads_);
    if (!table.profiles) return missing("+user", "the data describes none of its users");
    append(set_.user, user_blocks(table), "+user");
  }

  void add_movie() {
    const MovieTable table = movie_table(dataset_, fold_, threads_);
    if (!table.movies) return missing("+movie", "the data describes none of its movies");
    append(set_.item, movie_blocks(table), "+movie");
  }

  void add_tags() {
    if (dataset_.catalogue.tags.empty()) return missing("+tags", "the data has no tags");
    TagTable table = count_tags(dataset_, fold_);
    if (table.vocabulary.empty()) return missing("+tags", "no tag is common enough in the training part");
    FeatureBlock block{"tags", Field::Kind::multi_hot, {}, std::move(table.weights), {}};
    for (const std::int32_t tag : table.vocabulary)
      block.columns.push_back(table.tags[static_cast<std::size_t>(tag)].tag);
    append(set_.item, {std::move(block)}, "+tags");
    set_.notes.push_back(std::to_string(table.vocabulary.size()) + " tags from " + std::to_string(table.used) +
                         " uses; left out: " + std::to_string(table.in_test) + " of test pairs, " +
                         (fold_.until ? std::to_string(table.later) + " of after the training part, " : "") +
                         std::to_string(table.without_movie) + " of movies without a rating");
  }

  void add_time() {
    if (task_ == Task::ranking) return missing("+time", "what is ranked has no time");
    if (dataset_.ratings.times.empty()) return missing("+time", "the ratings have no times");
    append(set_.context, time_blocks(dataset_.ratings, fold_.train, threads_), "+time");
  }

  void add_sets() {
    append(set_.user, {set_block(dataset_.ratings, fold_.train, Side::user)}, "+sets");
    append(set_.item, {set_block(dataset_.ratings, fold_.train, Side::item)}, "+sets");
  }

  static void append(std::vector<FeatureBlock>& to, std::vector<FeatureBlock> blocks, const char* part) {
    for (FeatureBlock& block : blocks) {
      block.part = part;
      to.push_back(std::move(block));
    }
  }

  const Dataset& dataset_;
  const Fold& fold_;
  const Information& information_;
  Task task_;
  Threads& threads_;
  BlockSet set_;
};

}  // namespace

BlockSet build_blocks(const Dataset& dataset, const Fold& fold, const Information& information, Task task,
                      Threads& threads) {
  return Builder(dataset, fold, information, task, threads).result();
}

}  // namespace embrace
