// From data to folds: ratings replaced (files), reduced (positive), split.
#include "host/data/split/divide.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <filesystem>
#include <system_error>

#include "host/data/load.hpp"
#include "host/data/load_options.hpp"
#include "host/data/read/source.hpp"
#include "host/data/split/split.hpp"
#include "host/data/split/split_hash.hpp"
#include "host/data/split/split_name.hpp"
#include "host/digest.hpp"
#include "host/error.hpp"
#include "host/threads.hpp"

namespace embrace {
namespace {

using Kind = SplitName::Kind;

std::size_t at(std::int64_t position) { return static_cast<std::size_t>(position); }

/// "4", "3.5".
std::string number_text(float value) {
  char text[32];
  return {text, std::to_chars(text, text + sizeof text, value).ptr};
}

/// Positions whose rating is large enough, ascending; UsageError when there is none.
std::vector<std::int64_t> positions_from(const Ratings& ratings, float minimum) {
  std::vector<std::int64_t> keep;
  for (std::int64_t p = 0; p < ratings.size(); ++p) {
    if (ratings.values[at(p)] >= minimum) keep.push_back(p);
  }
  if (keep.empty()) {
    const auto highest = std::max_element(ratings.values.begin(), ratings.values.end());
    throw UsageError("no rating is at least " + number_text(minimum),
                     highest == ratings.values.end() ? "" : "the highest is " + number_text(*highest));
  }
  return keep;
}

/// New position of each old one that was kept; both lists ascend.
void follow(std::vector<std::int64_t>& positions, const std::vector<std::int64_t>& keep) {
  std::size_t k = 0, kept = 0;
  for (const std::int64_t p : positions) {
    while (k < keep.size() && keep[k] < p) ++k;
    if (k < keep.size() && keep[k] == p) positions[kept++] = static_cast<std::int64_t>(k);
  }
  positions.resize(kept);
}

/// Candidate lists of the users that remain, by their new index, with the new indices of the items that remain.
std::vector<std::vector<std::int32_t>> follow(const std::vector<std::vector<std::int32_t>>& candidates,
                                              const Ratings& before, const Ratings& after) {
  if (candidates.empty()) return {};
  std::vector<std::vector<std::int32_t>> result(after.user_ids.size());
  for (std::size_t u = 0; u < result.size(); ++u) {
    const std::int32_t old = index_of(before.user_ids, after.user_ids[u]);
    for (const std::int32_t item : candidates[at(old)]) {
      const std::int32_t index = index_of(after.item_ids, before.item_ids[at(item)]);
      if (index >= 0) result[u].push_back(index);
    }
  }
  return result;
}

void refuse_empty(const Fold& fold, const SplitName& split) {
  if (!fold.train.empty() && !fold.test.empty()) return;
  throw UsageError("split '" + split.text + "' has an empty " + (fold.train.empty() ? "training part" : "test"),
                   "give another split or a smaller --positive");
}

/// Reduces data and published positions together.
Division reduced(const Division& whole, float minimum) {
  const auto keep = positions_from(whole.dataset.ratings, minimum);
  Division result = {whole.dataset, whole.folds};
  result.dataset.ratings = subset(whole.dataset.ratings, keep);
  for (Fold& fold : result.folds) {
    follow(fold.train, keep);
    follow(fold.test, keep);
    follow(fold.known, keep);
    fold.candidates = follow(fold.candidates, whole.dataset.ratings, result.dataset.ratings);
  }
  return result;
}

std::vector<std::int64_t> united(const std::vector<std::int64_t>& a, const std::vector<std::int64_t>& b) {
  std::vector<std::int64_t> ids;
  std::set_union(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(ids));
  return ids;
}

/// Appends the ratings of one file, with the indices of the united ids.
void append(Ratings& to, const Ratings& from, bool times) {
  std::vector<std::int32_t> user_index, item_index;
  for (const std::int64_t id : from.user_ids) user_index.push_back(index_of(to.user_ids, id));
  for (const std::int64_t id : from.item_ids) item_index.push_back(index_of(to.item_ids, id));
  for (const std::int32_t u : from.users) to.users.push_back(user_index[at(u)]);
  for (const std::int32_t i : from.items) to.items.push_back(item_index[at(i)]);
  to.values.insert(to.values.end(), from.values.begin(), from.values.end());
  if (times) to.times.insert(to.times.end(), from.times.begin(), from.times.end());
}

/// No pair may be in both files: it would be trained on and tested.
void refuse_common_pairs(const Ratings& ratings, std::int64_t train, const SplitName& split) {
  const auto key = [&](std::int64_t p) {
    return (static_cast<std::uint64_t>(ratings.users[at(p)]) << 32U) | static_cast<std::uint64_t>(ratings.items[at(p)]);
  };
  std::vector<std::uint64_t> tested;
  for (std::int64_t p = train; p < ratings.size(); ++p) tested.push_back(key(p));
  std::sort(tested.begin(), tested.end());
  for (std::int64_t p = 0; p < train; ++p) {
    if (!std::binary_search(tested.begin(), tested.end(), key(p))) continue;
    throw DataError("user " + std::to_string(ratings.user_ids[at(ratings.users[at(p)])]) + " and item " +
                        std::to_string(ratings.item_ids[at(ratings.items[at(p)])]) + " are in both " +
                        split.train_file + " and " + split.test_file,
                    "take the pair out of one of them");
  }
}

/// A file as it was named or, when there is none, of that name in the folder of the data.
std::string found(const std::string& file, const std::filesystem::path& folder) {
  std::error_code error;
  if (std::filesystem::exists(file, error)) return file;
  const auto there = find_file(folder, file);
  return there ? there->string() : file;
}

/// files:TRAIN,TEST: train first, test behind it.
Division from_files(Dataset dataset, const SplitName& split, const LoadOptions& options, Threads& threads) {
  LoadOptions plain = options;
  plain.tags_from.reset();
  const Dataset train = load_dataset(found(split.train_file, dataset.folder), plain, threads);
  const Dataset test = load_dataset(found(split.test_file, dataset.folder), plain, threads);
  Ratings joined;
  joined.user_ids = united(train.ratings.user_ids, test.ratings.user_ids);
  joined.item_ids = united(train.ratings.item_ids, test.ratings.item_ids);
  joined.scale = train.ratings.scale;
  joined.scale_found = train.ratings.scale_found;
  const bool times = !train.ratings.times.empty() && !test.ratings.times.empty();
  append(joined, train.ratings, times);
  append(joined, test.ratings, times);
  refuse_common_pairs(joined, train.ratings.size(), split);

  Division result = {std::move(dataset), std::vector<Fold>(1)};
  result.dataset.ratings = std::move(joined);
  result.dataset.sha256 = sha256(result.dataset.sha256 + train.sha256 + test.sha256);
  result.dataset.best_rmse.reset();
  result.dataset.official.clear();  // their positions meant the ratings that were replaced
  for (std::int64_t p = 0; p < result.dataset.ratings.size(); ++p) {
    (p < train.ratings.size() ? result.folds[0].train : result.folds[0].test).push_back(p);
  }
  return result;
}

}  // namespace

Dataset reduced(const Dataset& dataset, float minimum) {
  Dataset result = dataset;
  result.ratings = subset(dataset.ratings, positions_from(dataset.ratings, minimum));
  return result;
}

Division divide(Dataset dataset, const SplitName& split, std::uint64_t seed, std::optional<float> positive,
                const LoadOptions& options, Threads& threads) {
  if (split.kind == Kind::official || split.kind == Kind::files) {
    Division result;
    if (split.kind == Kind::files) {
      result = from_files(std::move(dataset), split, options, threads);
    } else {
      result.folds = make_folds(dataset, split, seed, options, threads);
      result.dataset = std::move(dataset);
    }
    if (positive) result = reduced(result, *positive);
    refuse_empty(result.folds[0], split);
    hash_folds(result.dataset.ratings, result.folds, threads);
    return result;
  }
  if (positive) dataset = reduced(dataset, *positive);
  auto folds = make_folds(dataset, split, seed, options, threads);
  return {std::move(dataset), std::move(folds)};
}

}  // namespace embrace
