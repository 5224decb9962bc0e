#include "host/data/split/split.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <functional>
#include <limits>

#include "host/data/load_options.hpp"
#include "host/data/split/divide.hpp"
#include "host/data/split/official.hpp"
#include "host/data/split/split_hash.hpp"
#include "host/data/split/split_name.hpp"
#include "host/digest.hpp"
#include "host/error.hpp"
#include "host/random.hpp"
#include "host/threads.hpp"

namespace embrace {
namespace {

using Kind = SplitName::Kind;

/// Second word of the counter: what is being put in random order.
enum class Order : std::uint32_t { users = 1, items = 2, ratings = 3 };

constexpr std::int64_t kGrain = 1 << 16;

std::size_t at(std::int64_t position) { return static_cast<std::size_t>(position); }

/// Random keys of raw ids; the order of these keys is the random order of the ids.
std::vector<std::uint64_t> id_keys(const std::vector<std::int64_t>& ids, const Random& random, Order order) {
  std::vector<std::uint64_t> keys(ids.size());
  for (std::size_t i = 0; i < ids.size(); ++i) {
    keys[i] = random.bits64(static_cast<std::uint64_t>(ids[i]), static_cast<std::uint32_t>(order));
  }
  return keys;
}

/// Random keys of ratings, from the raw ids of user and item: a user's key starts the item's counter.
std::vector<std::uint64_t> rating_keys(const Ratings& ratings, const Random& random, Threads& threads) {
  const auto users = id_keys(ratings.user_ids, random, Order::users);
  std::vector<std::uint64_t> keys(at(ratings.size()));
  threads.for_ranges(ratings.size(), kGrain, [&](std::int64_t begin, std::int64_t end, int) {
    for (std::size_t p = at(begin); p < at(end); ++p) {
      const auto item = static_cast<std::uint64_t>(ratings.item_ids[at(ratings.items[p])]);
      keys[p] = random.bits64(users[at(ratings.users[p])] + item, static_cast<std::uint32_t>(Order::ratings));
    }
  });
  return keys;
}

/// Puts all numbers of [0, count) into parts by order: part k holds ranks [bounds[k], bounds[k + 1]).
/// Only the borders of the parts are sorted out, not the order within.
std::vector<std::int32_t> parts_of(std::int64_t count, const std::vector<std::int64_t>& bounds,
                                   const std::function<bool(std::int64_t, std::int64_t)>& before) {
  std::vector<std::int64_t> order(at(count));
  for (std::size_t n = 0; n < order.size(); ++n) order[n] = static_cast<std::int64_t>(n);
  const std::function<void(std::size_t, std::size_t)> separate = [&](std::size_t first, std::size_t last) {
    if (last - first < 2) return;
    const std::size_t middle = (first + last) / 2;
    std::nth_element(order.begin() + bounds[first], order.begin() + bounds[middle], order.begin() + bounds[last],
                     before);
    separate(first, middle);
    separate(middle, last);
  };
  separate(0, bounds.size() - 1);
  std::vector<std::int32_t> part(order.size());
  for (std::size_t k = 0; k + 1 < bounds.size(); ++k) {
    for (std::int64_t n = bounds[k]; n < bounds[k + 1]; ++n) part[at(order[at(n)])] = static_cast<std::int32_t>(k);
  }
  return part;
}

/// Borders of `parts` parts whose sizes differ by one at most.
std::vector<std::int64_t> even_bounds(std::int64_t count, int parts) {
  std::vector<std::int64_t> bounds;
  const std::int64_t size = count / parts, rest = count % parts;
  for (std::int64_t k = 0; k <= parts; ++k) bounds.push_back(k * size + std::min(k, rest));
  return bounds;
}

/// Parts of users or items; equal keys by raw id.
std::vector<std::int32_t> id_parts(const std::vector<std::int64_t>& ids, const std::vector<std::int64_t>& bounds,
                                   const Random& random, Order order) {
  const auto keys = id_keys(ids, random, order);
  return parts_of(static_cast<std::int64_t>(ids.size()), bounds, [&](std::int64_t a, std::int64_t b) {
    return keys[at(a)] != keys[at(b)] ? keys[at(a)] < keys[at(b)] : a < b;
  });
}

/// Random order of ratings; equal keys by raw ids.
class RandomOrder {
 public:
  RandomOrder(const Ratings& ratings, const Random& random, Threads& threads)
      : ratings_(ratings), keys_(rating_keys(ratings, random, threads)) {}
  RandomOrder(const RandomOrder&) = delete;  // algorithms take it by std::cref: a copy would copy all keys
  RandomOrder& operator=(const RandomOrder&) = delete;
  bool operator()(std::int64_t a, std::int64_t b) const {
    if (keys_[at(a)] != keys_[at(b)]) return keys_[at(a)] < keys_[at(b)];
    if (ratings_.users[at(a)] != ratings_.users[at(b)]) return ratings_.users[at(a)] < ratings_.users[at(b)];
    return ratings_.items[at(a)] < ratings_.items[at(b)];
  }

 private:
  const Ratings& ratings_;
  std::vector<std::uint64_t> keys_;
};

/// One fold a part: the ratings whose part it is are the test, the others the training part.
std::vector<Fold> folds_of(std::int64_t ratings, int count, const std::function<std::int32_t(std::size_t)>& part,
                           Threads& threads) {
  std::vector<Fold> folds(at(count));
  threads.for_each(count, [&](std::int64_t f, int) {
    Fold& fold = folds[at(f)];
    fold.number = static_cast<int>(f);
    for (std::size_t p = 0; p < at(ratings); ++p) {
      (part(p) == f ? fold.test : fold.train).push_back(static_cast<std::int64_t>(p));
    }
  });
  return folds;
}

std::string of_ratings(std::int64_t count) { return std::to_string(count) + (count == 1 ? " rating" : " ratings"); }

void need_at_least(std::int64_t have, std::int64_t want, const SplitName& split, const std::string& what) {
  if (have >= want) return;
  throw UsageError("split '" + split.text + "' needs at least " + std::to_string(want) + " " + what +
                       ", the data have " + std::to_string(have),
                   "give a smaller number or other data");
}

void need_times(const Ratings& ratings, const SplitName& split) {
  if (ratings.times.empty()) {
    throw UsageError("split '" + split.text + "' needs timestamps, the data have none",
                     "take kfold:K or holdout:SHARE");
  }
}

/// Size of a test of this share, to the nearest; both parts must hold a rating.
std::int64_t test_size(const SplitName& split, std::int64_t ratings) {
  const auto size = static_cast<std::int64_t>(std::floor(split.share * static_cast<double>(ratings) + 0.5));
  if (size < 1 || size >= ratings) {
    throw UsageError("split '" + split.text + "' of " + of_ratings(ratings) + " leaves an empty part",
                     "give another share or larger data");
  }
  return size;
}

std::vector<Fold> kfold(const Ratings& ratings, const SplitName& split, const Random& random, Threads& threads) {
  need_at_least(ratings.size(), split.parts, split, "ratings");
  const RandomOrder before(ratings, random, threads);
  const auto part = parts_of(ratings.size(), even_bounds(ratings.size(), split.parts), std::cref(before));
  return folds_of(
      ratings.size(), split.parts, [&](std::size_t p) { return part[p]; }, threads);
}

std::vector<Fold> holdout(const Ratings& ratings, const SplitName& split, const Random& random, Threads& threads) {
  const RandomOrder before(ratings, random, threads);
  const auto part = parts_of(ratings.size(), {0, test_size(split, ratings.size()), ratings.size()}, std::cref(before));
  return folds_of(
      ratings.size(), 1, [&](std::size_t p) { return part[p]; }, threads);
}

std::vector<Fold> by_time(const Ratings& ratings, const SplitName& split, Threads& threads) {
  need_times(ratings, split);
  const auto later = [&](std::int64_t a, std::int64_t b) {
    return ratings.times[at(a)] != ratings.times[at(b)] ? ratings.times[at(a)] > ratings.times[at(b)] : a > b;
  };
  const auto part = parts_of(ratings.size(), {0, test_size(split, ratings.size()), ratings.size()}, later);
  std::vector<Fold> folds = folds_of(
      ratings.size(), 1, [&](std::size_t p) { return part[p]; }, threads);
  std::int64_t last = std::numeric_limits<std::int64_t>::min();
  for (const std::int64_t p : folds[0].train) last = std::max(last, ratings.times[at(p)]);
  folds[0].until = last;
  return folds;
}

std::vector<Fold> leave_last_out(const Ratings& ratings, const SplitName& split, Threads& threads) {
  need_times(ratings, split);
  std::vector<std::int64_t> last(ratings.user_ids.size(), -1), count(ratings.user_ids.size(), 0);
  for (std::size_t p = 0; p < at(ratings.size()); ++p) {
    const std::size_t user = at(ratings.users[p]);
    ++count[user];
    if (last[user] < 0 || ratings.times[p] >= ratings.times[at(last[user])]) last[user] = static_cast<std::int64_t>(p);
  }
  const std::int64_t most = count.empty() ? 0 : *std::max_element(count.begin(), count.end());
  need_at_least(most, 2, split, "ratings of some user");
  return folds_of(
      ratings.size(), 1,
      [&](std::size_t p) {
        const std::size_t user = at(ratings.users[p]);
        return count[user] > 1 && last[user] == static_cast<std::int64_t>(p) ? 0 : 1;
      },
      threads);
}

std::vector<Fold> cold(const Ratings& ratings, const SplitName& split, const Random& random, Threads& threads) {
  const bool items = split.kind == Kind::cold_items;
  const auto& ids = items ? ratings.item_ids : ratings.user_ids;
  const auto& index = items ? ratings.items : ratings.users;
  const auto count = static_cast<std::int64_t>(ids.size());
  need_at_least(count, split.parts, split, items ? "items" : "users");
  const auto part = id_parts(ids, even_bounds(count, split.parts), random, items ? Order::items : Order::users);
  return folds_of(
      ratings.size(), split.parts, [&](std::size_t p) { return part[at(index[p])]; }, threads);
}

/// The held-out user's ratings, in random order: the first ceil(n / 5) are the test.
void divide_user(std::vector<std::int64_t>& own, const RandomOrder& before, Fold& fold) {
  std::sort(own.begin(), own.end(), std::cref(before));
  const std::size_t tests = own.size() < 2 ? 0 : (own.size() + 4) / 5;
  fold.test.insert(fold.test.end(), own.begin(), own.begin() + static_cast<std::ptrdiff_t>(tests));
  fold.known.insert(fold.known.end(), own.begin() + static_cast<std::ptrdiff_t>(tests), own.end());
}

std::vector<Fold> fold_in(const Ratings& ratings, const SplitName& split, const Random& random, Threads& threads) {
  const std::int64_t users = ratings.user_count();
  if (split.users >= users) {
    throw UsageError("split '" + split.text + "' leaves none of the " + std::to_string(users) + " users for training",
                     "give a smaller number");
  }
  const auto part = id_parts(ratings.user_ids, {0, split.users, users}, random, Order::users);
  std::vector<Fold> folds(1);
  Fold& fold = folds[0];
  std::vector<std::vector<std::int64_t>> own(at(users));
  for (std::int64_t p = 0; p < ratings.size(); ++p) {
    const std::size_t user = at(ratings.users[at(p)]);
    if (part[user] == 0) {
      own[user].push_back(p);
    } else {
      fold.train.push_back(p);
    }
  }
  const RandomOrder before(ratings, random, threads);
  for (auto& positions : own) divide_user(positions, before, fold);
  if (fold.test.empty()) {
    throw UsageError("split '" + split.text + "' has no test: each held-out user has one rating",
                     "give a larger number or other data");
  }
  std::sort(fold.test.begin(), fold.test.end());
  std::sort(fold.known.begin(), fold.known.end());
  return folds;
}

std::vector<Fold> official(const Dataset& dataset, const SplitName& split, const LoadOptions& options,
                           Threads& threads) {
  OfficialSplit published = load_official(dataset, split.official, options, threads);
  std::vector<Fold> folds(1);
  folds[0].train = std::move(published.train);
  folds[0].test = std::move(published.test);
  folds[0].candidates = std::move(published.candidates);
  return folds;
}

std::vector<Fold> unhashed_folds(const Dataset& dataset, const SplitName& split, std::uint64_t seed,
                                 const LoadOptions& options, Threads& threads) {
  const Ratings& ratings = dataset.ratings;
  const Random random(seed, Stream::split);
  switch (split.kind) {
    case Kind::official:
      return official(dataset, split, options, threads);
    case Kind::kfold:
      return kfold(ratings, split, random, threads);
    case Kind::holdout:
      return holdout(ratings, split, random, threads);
    case Kind::leave_last_out:
      return leave_last_out(ratings, split, threads);
    case Kind::time:
      return by_time(ratings, split, threads);
    case Kind::cold_items:
    case Kind::cold_users:
      return cold(ratings, split, random, threads);
    case Kind::fold_in:
      return fold_in(ratings, split, random, threads);
    case Kind::files:
      break;
  }
  throw std::logic_error("files:TRAIN,TEST is made by divide()");
}

}  // namespace

std::vector<Fold> make_folds(const Dataset& dataset, const SplitName& split, std::uint64_t seed,
                             const LoadOptions& options, Threads& threads) {
  auto folds = unhashed_folds(dataset, split, seed, options, threads);
  hash_folds(dataset.ratings, folds, threads);
  return folds;
}

}  // namespace embrace
