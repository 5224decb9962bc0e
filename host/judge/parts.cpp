#include "host/judge/parts.hpp"

#include <algorithm>
#include <stdexcept>

#include "host/error.hpp"
#include "host/random.hpp"

namespace embrace::judge {
namespace {

using Kind = SplitName::Kind;

/// Second word of the counter; the splits themselves use the small ones.
enum class Order : std::uint32_t { users = 101, items = 102, ratings = 103, cold = 104 };

std::size_t at(std::int64_t position) { return static_cast<std::size_t>(position); }

std::int64_t user_id(const Ratings& ratings, std::int64_t position) {
  return ratings.user_ids[at(ratings.users[at(position)])];
}
std::int64_t item_id(const Ratings& ratings, std::int64_t position) {
  return ratings.item_ids[at(ratings.items[at(position)])];
}

std::uint64_t key(const Random& random, std::uint64_t id, Order order) {
  return random.bits64(id, static_cast<std::uint32_t>(order));
}

/// Positions in a random order that depends on raw ids alone.
std::vector<std::int64_t> in_random_order(const Ratings& ratings, const std::vector<std::int64_t>& positions,
                                          const Random& random) {
  std::vector<std::pair<std::uint64_t, std::int64_t>> keys;
  keys.reserve(positions.size());
  for (const std::int64_t p : positions) {
    const std::uint64_t user = key(random, static_cast<std::uint64_t>(user_id(ratings, p)), Order::users);
    keys.emplace_back(key(random, user + static_cast<std::uint64_t>(item_id(ratings, p)), Order::ratings), p);
  }
  std::sort(keys.begin(), keys.end());
  std::vector<std::int64_t> order;
  order.reserve(keys.size());
  for (const auto& [k, position] : keys) order.push_back(position);
  return order;
}

std::vector<std::int64_t> in_time_order(const Ratings& ratings, std::vector<std::int64_t> positions) {
  std::stable_sort(positions.begin(), positions.end(),
                   [&](std::int64_t a, std::int64_t b) { return ratings.times[at(a)] < ratings.times[at(b)]; });
  return positions;
}

/// Moves the ratings of a random tenth of the entities out of `positions`.
template <typename Id>
std::vector<std::int64_t> take_cold(std::vector<std::int64_t>& positions, const Id& id_of, const Random& random) {
  std::vector<std::pair<std::uint64_t, std::int64_t>> keys;
  for (const std::int64_t p : positions) {
    const std::int64_t id = id_of(p);
    keys.emplace_back(key(random, static_cast<std::uint64_t>(id), Order::cold), id);
  }
  std::sort(keys.begin(), keys.end());
  keys.erase(std::unique(keys.begin(), keys.end()), keys.end());
  if (keys.size() < 10) throw Unsupported("the training part has too few items or users to hold a tenth of them out");
  const auto last_cold = keys[keys.size() / 10 - 1];
  std::vector<std::int64_t> cold, warm;
  for (const std::int64_t p : positions) {
    const std::int64_t id = id_of(p);
    const std::pair own{key(random, static_cast<std::uint64_t>(id), Order::cold), id};
    (own <= last_cold ? cold : warm).push_back(p);
  }
  positions = std::move(warm);
  return cold;
}

}  // namespace

Parts divide_training(const Ratings& ratings, const Fold& fold, const SplitName& split, std::uint64_t draw) {
  const Random random(draw, Stream::split);
  std::vector<std::int64_t> rest = fold.train;
  Parts parts;
  if (split.kind == Kind::cold_items) {
    parts.validation = take_cold(
        rest, [&](std::int64_t p) { return item_id(ratings, p); }, random);
  } else if (split.kind == Kind::cold_users) {
    parts.validation = take_cold(
        rest, [&](std::int64_t p) { return user_id(ratings, p); }, random);
  }
  const bool by_time = split.kind == Kind::time || split.kind == Kind::leave_last_out;
  rest = by_time ? in_time_order(ratings, std::move(rest)) : in_random_order(ratings, rest, random);
  const auto size = static_cast<std::int64_t>(rest.size());
  const std::int64_t fitted = parts.validation.empty() ? size * 9 / 10 : size;
  const std::int64_t embedded = fitted * 2 / 3;
  parts.embedding.assign(rest.begin(), rest.begin() + embedded);
  parts.fit.assign(rest.begin() + embedded, rest.begin() + fitted);
  parts.validation.insert(parts.validation.end(), rest.begin() + fitted, rest.end());
  if (parts.embedding.empty() || parts.fit.empty() || parts.validation.empty()) {
    throw Unsupported("the training part is too small to be divided into embedding, judge and validation");
  }
  for (auto* part : {&parts.embedding, &parts.fit, &parts.validation}) std::sort(part->begin(), part->end());
  return parts;
}

void require_disjoint(const Parts& parts) {
  std::vector<std::int64_t> all = parts.embedding;
  all.insert(all.end(), parts.fit.begin(), parts.fit.end());
  all.insert(all.end(), parts.validation.begin(), parts.validation.end());
  std::sort(all.begin(), all.end());
  if (std::adjacent_find(all.begin(), all.end()) != all.end()) {
    throw std::invalid_argument("a judge may not be fitted or tuned on ratings that made the embedding");
  }
}

Fold embedding_fold(const Ratings& ratings, const Fold& fold, const Parts& parts) {
  Fold result;
  result.number = fold.number;
  result.train = parts.embedding;
  for (const auto* part : {&fold.test, &fold.known, &parts.fit, &parts.validation}) {
    result.test.insert(result.test.end(), part->begin(), part->end());
  }
  std::sort(result.test.begin(), result.test.end());
  result.sha256 = fold.sha256;
  if (fold.until) {
    result.until = ratings.times[at(parts.embedding.front())];
    for (const std::int64_t p : parts.embedding) result.until = std::max(*result.until, ratings.times[at(p)]);
  }
  return result;
}

}  // namespace embrace::judge
