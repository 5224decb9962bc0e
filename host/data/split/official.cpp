// Published splits: u1 … u5, ua, ub of ml-100k and the leave-one-out split of NCF.
#include "host/data/split/official.hpp"

#include <algorithm>
#include <charconv>

#include "host/data/load_options.hpp"
#include "host/data/read/catalogue_fields.hpp"
#include "host/data/read/read_source.hpp"
#include "host/data/read/triples.hpp"
#include "host/error.hpp"
#include "host/text.hpp"
#include "host/threads.hpp"

namespace embrace {
namespace {

constexpr std::int32_t nobody = -1;

std::size_t at(std::int64_t position) { return static_cast<std::size_t>(position); }

/// Finds the position of a (user, item) pair.
class PairIndex {
 public:
  explicit PairIndex(const Ratings& ratings) : ratings_(ratings) {
    entries_.reserve(ratings.values.size());
    for (std::int64_t r = 0; r < ratings.size(); ++r) {
      entries_.emplace_back(key(ratings.users[at(r)], ratings.items[at(r)]), r);
    }
    std::sort(entries_.begin(), entries_.end());
  }
  /// Position of the rating, or -1.
  std::int64_t find(std::int64_t user, std::int64_t item) const {
    const std::int32_t u = index_of(ratings_.user_ids, user), i = index_of(ratings_.item_ids, item);
    if (u < 0 || i < 0) return -1;
    const std::pair<std::int64_t, std::int64_t> wanted{key(u, i), 0};
    const auto found = std::lower_bound(entries_.begin(), entries_.end(), wanted);
    return found == entries_.end() || found->first != wanted.first ? -1 : found->second;
  }

 private:
  std::int64_t key(std::int32_t user, std::int32_t item) const { return user * ratings_.item_count() + item; }

  const Ratings& ratings_;
  std::vector<std::pair<std::int64_t, std::int64_t>> entries_;
};

std::string pair_text(std::int64_t user, std::int64_t item) {
  return "user " + std::to_string(user) + ", item " + std::to_string(item);
}

/// Positions of the ratings that a split file lists. `taken` marks those that were listed before.
std::vector<std::int64_t> positions_in(const InputFile& file, const Dataset& dataset, Layout layout,
                                       const PairIndex& index, std::vector<bool>& taken, Threads& threads) {
  BadRows bad(0);  // a published split with a damaged row is not the published split
  const Triples rows = read_triples(file, format_of(file, layout, true), bad, threads);
  bad.throw_if_too_many();
  std::vector<std::int64_t> positions;
  for (std::int64_t r = 0; r < rows.size(); ++r) {
    const std::int64_t user = rows.users[at(r)], item = rows.items[at(r)];
    const std::int64_t position = index.find(user, item);
    const auto fail = [&](const std::string& reason) {
      throw DataError(file.name(), rows.lines.line(r), 1, pair_text(user, item) + ": " + reason,
                      "the split files do not belong to this copy of the data");
    };
    if (position < 0 && dataset.report.rejected > 0) continue;  // its row was skipped as a bad one
    if (position < 0) fail("there is no such rating");
    if (taken[at(position)]) fail("occurs twice in the split");
    const bool untouched = dataset.report.duplicates == 0;
    if (untouched && dataset.ratings.values[at(position)] != rows.values[at(r)]) fail("the rating differs");
    taken[at(position)] = true;
    positions.push_back(position);
  }
  std::sort(positions.begin(), positions.end());
  return positions;
}

InputFile open_part(const std::filesystem::path& folder, const std::string& name) {
  const auto path = find_file(folder, name);
  if (!path) throw DataError((folder / name).string() + ": is missing", "the split was there when the data were read");
  return InputFile(*path);
}

OfficialSplit load_100k(const Dataset& dataset, const std::string& name, Threads& threads) {
  OfficialSplit split;
  split.name = name;
  const PairIndex index(dataset.ratings);
  std::vector<bool> taken(at(dataset.ratings.size()));
  const InputFile base = open_part(dataset.folder, name + ".base"), test = open_part(dataset.folder, name + ".test");
  split.train = positions_in(base, dataset, Layout::ml_100k, index, taken, threads);
  split.test = positions_in(test, dataset, Layout::ml_100k, index, taken, threads);
  const auto left = std::count(taken.begin(), taken.end(), false);
  if (left > 0) {
    throw DataError(base.name() + ": " + std::to_string(left) + " ratings are neither here nor in " + test.name(),
                    "is one of the files cut off?");
  }
  return split;
}

/// "(user,item)", as the negative file begins its lines.
std::pair<std::int64_t, std::int64_t> target_of(const TableField& field) {
  const std::string& text = field.text;
  const std::size_t comma = text.find(',');
  std::int64_t user = 0, item = 0;
  const bool good = text.size() >= 5 && text.front() == '(' && text.back() == ')' && comma != std::string::npos &&
                    parse_id(std::string_view(text).substr(1, comma - 1), user) &&
                    parse_id(std::string_view(text).substr(comma + 1, text.size() - comma - 2), item);
  if (!good) throw RowError{field.column, {"the line does not begin with (user,item)", "as in (0,25)<tab>1064<tab>…"}};
  return {user, item};
}

/// The items to rank for the user of one line: the target and its negatives, each once, ascending.
std::vector<std::int32_t> candidates_of(const TableRow& record, const Ratings& ratings, std::int32_t target) {
  std::vector<std::int32_t> items{target};
  for (std::size_t f = 1; f < record.fields.size(); ++f) {
    const std::int64_t id = need_id(record.fields[f], "item id");
    const std::int32_t item = index_of(ratings.item_ids, id);
    if (item < 0) {
      throw RowError{
          record.fields[f].column,
          {"item " + std::to_string(id) + " has no rating in train or test", "nothing can be known about it"}};
    }
    items.push_back(item);
  }
  std::sort(items.begin(), items.end());
  items.erase(std::unique(items.begin(), items.end()), items.end());
  return items;
}

/// The item of each user's test rating.
std::vector<std::int32_t> targets_of(const Ratings& ratings, const std::vector<std::int64_t>& test,
                                     const std::string& file) {
  std::vector<std::int32_t> targets(ratings.user_ids.size(), nobody);
  for (const std::int64_t position : test) {
    std::int32_t& target = targets[at(ratings.users[at(position)])];
    if (target != nobody) {
      const std::int64_t user = ratings.user_ids[at(ratings.users[at(position)])];
      throw DataError(file + ": user " + std::to_string(user) + " has more than one test rating",
                      "leave-one-out has one a user");
    }
    target = ratings.items[at(position)];
  }
  return targets;
}

void read_candidates(const InputFile& file, const Dataset& dataset, OfficialSplit& split) {
  const Ratings& ratings = dataset.ratings;
  const std::vector<std::int32_t> targets = targets_of(ratings, split.test, file.name());
  split.candidates.resize(ratings.user_ids.size());
  BadRows bad(0);
  read_table_rows(file, TableForm::lines, "\t", bad, [&](const TableRow& record) {
    const auto [user, item] = target_of(record.fields[0]);
    const std::int32_t u = index_of(ratings.user_ids, user);
    if (u < 0 || targets[at(u)] == nobody || ratings.item_ids[at(targets[at(u)])] != item) {
      throw RowError{1, {pair_text(user, item) + " is not the test rating of that user", "see the .test.rating file"}};
    }
    if (!split.candidates[at(u)].empty()) {
      throw RowError{1, {"user " + std::to_string(user) + " has a line already", "one line a user"}};
    }
    split.candidates[at(u)] = candidates_of(record, ratings, targets[at(u)]);
  });
  bad.throw_if_too_many();
  for (std::size_t u = 0; u < targets.size(); ++u) {
    if (targets[u] == nobody || !split.candidates[u].empty()) continue;
    throw DataError(file.name() + ": user " + std::to_string(ratings.user_ids[u]) + " has no line",
                    "is the file cut off?");
  }
}

OfficialSplit load_ncf(const Dataset& dataset, Threads& threads) {
  OfficialSplit split;
  split.name = "ncf";
  const std::vector<std::string> names = ncf_names(dataset.folder);
  const std::string stem = names.size() == 1 ? names[0] : dataset.name;
  const PairIndex index(dataset.ratings);
  std::vector<bool> is_test(at(dataset.ratings.size()));
  const InputFile test = open_part(dataset.folder, stem + ".test.rating");
  split.test = positions_in(test, dataset, Layout::ncf, index, is_test, threads);
  for (std::int64_t r = 0; r < dataset.ratings.size(); ++r) {
    if (!is_test[at(r)]) split.train.push_back(r);
  }
  read_candidates(open_part(dataset.folder, stem + ".test.negative"), dataset, split);
  return split;
}

}  // namespace

OfficialSplit load_official(const Dataset& dataset, const std::string& name, const LoadOptions& /*options*/,
                            Threads& threads) {
  if (std::find(dataset.official.begin(), dataset.official.end(), name) == dataset.official.end()) {
    if (dataset.official.empty()) {
      throw UsageError("the data '" + dataset.name + "' come without an official split",
                       "use kfold:5, holdout:0.2, leave-last-out, …");
    }
    throw UsageError("the data '" + dataset.name + "' have no official split '" + name + "'",
                     suggestion(name, dataset.official));
  }
  return name == "ncf" ? load_ncf(dataset, threads) : load_100k(dataset, name, threads);
}

}  // namespace embrace
