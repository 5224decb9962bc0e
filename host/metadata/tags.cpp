#include "host/metadata/tags.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <tuple>
#include <unordered_map>

#include "host/metadata/names.hpp"
#include "host/metadata/rating_statistics.hpp"

namespace embrace {
namespace {

/// One counted use. `user` tells users of this data (≥ 0), of another (≤ -2) and unknown ones (-1) apart.
struct Use {
  std::int32_t tag;
  std::int32_t item;
  std::int64_t user;
  auto key() const { return std::tie(tag, item, user); }
};

std::uint64_t pair_key(std::int32_t user, std::int32_t item) {
  return (std::uint64_t{static_cast<std::uint32_t>(user)} << 32U) | static_cast<std::uint32_t>(item);
}

/// Ascending keys of the pairs that must not be known.
std::vector<std::uint64_t> hidden_pairs(const Ratings& ratings, const Fold& fold) {
  std::vector<std::uint64_t> keys;
  keys.reserve(fold.test.size() + fold.known.size());
  for (const auto* part : {&fold.test, &fold.known}) {
    for (const std::int64_t position : *part) {
      const auto p = static_cast<std::size_t>(position);
      keys.push_back(pair_key(ratings.users[p], ratings.items[p]));
    }
  }
  std::sort(keys.begin(), keys.end());
  return keys;
}

class Counter {
 public:
  Counter(const Dataset& dataset, const Fold& fold)
      : ratings_(dataset.ratings), until_(fold.until), hidden_(hidden_pairs(ratings_, fold)) {
    for (const TagUse& use : dataset.catalogue.tags) add(use);
    // Users that are not known stay apart; a known one counts once a movie.
    std::sort(uses_.begin(), uses_.end(), [](const Use& a, const Use& b) { return a.key() < b.key(); });
    uses_.erase(std::unique(uses_.begin(), uses_.end(),
                            [](const Use& a, const Use& b) { return a.user != -1 && a.key() == b.key(); }),
                uses_.end());
  }

  const std::vector<Use>& uses() const { return uses_; }
  const std::string& name(std::int32_t tag) const { return *names_[static_cast<std::size_t>(tag)]; }
  std::string spelling(std::int32_t tag) const {
    const auto& typed = typed_[static_cast<std::size_t>(tag)];
    return std::max_element(typed.begin(), typed.end(),
                            [](const auto& a, const auto& b) { return a.second < b.second; })
        ->first;
  }
  std::size_t size() const { return names_.size(); }
  void report(TagTable& table) const {
    table.used = used_;
    table.in_test = in_test_;
    table.later = later_;
    table.nameless = nameless_;
    table.without_movie = without_movie_;
  }

 private:
  void add(const TagUse& use) {
    const std::int32_t item = index_of(ratings_.item_ids, use.item);
    if (item < 0) {
      ++without_movie_;
      return;
    }
    const std::int32_t user = use.travelled || use.user < 0 ? -1 : index_of(ratings_.user_ids, use.user);
    if (user >= 0 && std::binary_search(hidden_.begin(), hidden_.end(), pair_key(user, item))) {
      ++in_test_;
      return;
    }
    if (until_ && (!use.time || *use.time > *until_)) {
      ++later_;
      return;
    }
    const std::string name = normalise_tag(use.tag);
    if (name.empty()) {
      ++nameless_;
      return;
    }
    ++used_;
    const auto [entry, is_new] = ids_.try_emplace(name, static_cast<std::int32_t>(names_.size()));
    if (is_new) {
      names_.push_back(&entry->first);
      typed_.emplace_back();
    }
    ++typed_[static_cast<std::size_t>(entry->second)][use.tag];
    const std::int64_t who = use.user < 0 ? -1 : use.travelled ? -2 - use.user : use.user;
    uses_.push_back({entry->second, item, who});
  }

  const Ratings& ratings_;
  std::optional<std::int64_t> until_;
  std::vector<std::uint64_t> hidden_;
  std::unordered_map<std::string, std::int32_t> ids_;  // nodes stay where they are, so names_ may point into it
  std::vector<const std::string*> names_;
  std::vector<std::map<std::string, std::int64_t>> typed_;
  std::vector<Use> uses_;
  std::int64_t used_ = 0, in_test_ = 0, later_ = 0, nameless_ = 0, without_movie_ = 0;
};

/// Tags of movies with a training rating, most used first.
std::vector<std::pair<TagTable::Tag, std::int32_t>> ranked_tags(const Counter& counter,
                                                                const std::vector<bool>& trained) {
  std::vector<std::pair<TagTable::Tag, std::int32_t>> tags;
  const auto& uses = counter.uses();
  for (std::size_t begin = 0; begin < uses.size();) {
    TagTable::Tag tag;
    std::vector<std::int64_t> users;
    std::int32_t last_item = -1;
    std::size_t end = begin;
    for (; end < uses.size() && uses[end].tag == uses[begin].tag; ++end) {
      if (!trained[static_cast<std::size_t>(uses[end].item)]) continue;
      ++tag.uses;
      tag.movies += uses[end].item != last_item ? 1 : 0;
      last_item = uses[end].item;
      if (uses[end].user == -1) {
        ++tag.users;
      } else {
        users.push_back(uses[end].user);
      }
    }
    std::sort(users.begin(), users.end());
    tag.users += std::unique(users.begin(), users.end()) - users.begin();
    tag.tag = counter.name(uses[begin].tag);
    tag.spelling = counter.spelling(uses[begin].tag);
    if (tag.uses > 0) tags.emplace_back(std::move(tag), uses[begin].tag);
    begin = end;
  }
  std::sort(tags.begin(), tags.end(), [](const auto& a, const auto& b) {
    return a.first.uses != b.first.uses ? a.first.uses > b.first.uses : a.first.tag < b.first.tag;
  });
  return tags;
}

/// Items × vocabulary from the sorted uses; `column` of each tag id, -1 for those left out.
Csr count_matrix(const Counter& counter, const std::vector<std::int32_t>& column, std::int64_t items,
                 std::int64_t columns) {
  std::vector<std::int32_t> row, col;
  std::vector<float> value;
  const Use* last = nullptr;
  for (const Use& use : counter.uses()) {
    if (column[static_cast<std::size_t>(use.tag)] < 0) continue;
    if (last != nullptr && last->tag == use.tag && last->item == use.item) {
      value.back() += 1;
    } else {
      row.push_back(use.item);
      col.push_back(column[static_cast<std::size_t>(use.tag)]);
      value.push_back(1);
    }
    last = &use;
  }
  return csr_from_triples(items, columns, row, col, value);
}

Csr tf_idf(const Csr& counts, const std::vector<bool>& trained) {
  std::vector<double> with_tag(static_cast<std::size_t>(counts.columns));
  double movies = 0;
  const CsrView view = counts.view();
  for (std::int64_t item = 0; item < view.rows; ++item) {
    if (!trained[static_cast<std::size_t>(item)] || view.row_size(item) == 0) continue;
    movies += 1;
    for (const std::int32_t column : view.row_indices(item)) with_tag[static_cast<std::size_t>(column)] += 1;
  }
  Csr weights = counts;
  for (std::int64_t item = 0; item < view.rows; ++item) {
    double sum = 0;
    const auto first = static_cast<std::size_t>(view.offsets[item]),
               last = static_cast<std::size_t>(view.offsets[item + 1]);
    std::vector<double> row;
    for (std::size_t e = first; e < last; ++e) {
      const double idf = 1 + std::log((1 + movies) / (1 + with_tag[static_cast<std::size_t>(counts.indices[e])]));
      row.push_back((1 + std::log(static_cast<double>(counts.values[e]))) * idf);
      sum += row.back();
    }
    for (std::size_t e = first; e < last; ++e) weights.values[e] = static_cast<float>(row[e - first] / sum);
  }
  return weights;
}

}  // namespace

TagTable count_tags(const Dataset& dataset, const Fold& fold, const TagOptions& options) {
  const Counter counter(dataset, fold);
  const std::vector<bool> trained = in_training(dataset.ratings, fold.train, Side::item);
  TagTable table;
  counter.report(table);
  std::vector<std::int32_t> column(counter.size(), -1);
  for (auto& [tag, id] : ranked_tags(counter, trained)) {
    const bool fits = tag.uses >= options.minimum_uses && tag.movies >= options.minimum_movies &&
                      static_cast<std::int64_t>(table.vocabulary.size()) < options.vocabulary;
    if (fits) {
      tag.column = static_cast<std::int32_t>(table.vocabulary.size());
      column[static_cast<std::size_t>(id)] = tag.column;
      table.vocabulary.push_back(static_cast<std::int32_t>(table.tags.size()));
    }
    table.tags.push_back(std::move(tag));
  }
  table.counts =
      count_matrix(counter, column, dataset.ratings.item_count(), static_cast<std::int64_t>(table.vocabulary.size()));
  table.weights = tf_idf(table.counts, trained);
  return table;
}

}  // namespace embrace
