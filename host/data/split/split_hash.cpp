// The identity of a fold: independent of the order of the file.
#include "host/data/split/split_hash.hpp"

#include <algorithm>
#include <bit>

#include "host/data/split/split.hpp"
#include "host/digest.hpp"
#include "host/threads.hpp"

namespace embrace {
namespace {

static_assert(std::endian::native == std::endian::little, "hashes are over little-endian numbers");

std::size_t at(std::int64_t position) { return static_cast<std::size_t>(position); }

/// All positions by (user, item): indices ascend as raw ids do. Counting sort by user, then by item within.
std::vector<std::int64_t> canonical_order(const Ratings& ratings, Threads& threads) {
  std::vector<std::int64_t> offsets(at(ratings.user_count()) + 1, 0);
  for (const std::int32_t u : ratings.users) ++offsets[at(u) + 1];
  for (std::size_t u = 1; u < offsets.size(); ++u) offsets[u] += offsets[u - 1];
  std::vector<std::int64_t> order(at(ratings.size())), next = offsets;
  for (std::size_t p = 0; p < order.size(); ++p) order[at(next[at(ratings.users[p])]++)] = static_cast<std::int64_t>(p);
  threads.for_ranges(ratings.user_count(), 256, [&](std::int64_t begin, std::int64_t end, int) {
    for (std::size_t u = at(begin); u < at(end); ++u) {
      std::sort(order.begin() + offsets[u], order.begin() + offsets[u + 1], [&](std::int64_t a, std::int64_t b) {
        return ratings.items[at(a)] != ratings.items[at(b)] ? ratings.items[at(a)] < ratings.items[at(b)] : a < b;
      });
    }
  });
  return order;
}

void add_part(Sha256& digest, const char* name, const Ratings& ratings, const std::vector<std::int64_t>& order,
              const std::vector<std::int64_t>& part, std::vector<bool>& member) {
  digest.add(name);
  const auto count = static_cast<std::int64_t>(part.size());
  digest.add(&count, sizeof count);
  if (part.empty()) return;
  for (const std::int64_t p : part) member[at(p)] = true;
  std::vector<std::int64_t> pairs;
  const auto flush = [&] {
    digest.add(pairs.data(), pairs.size() * sizeof(std::int64_t));
    pairs.clear();
  };
  for (const std::int64_t p : order) {
    if (!member[at(p)]) continue;
    pairs.push_back(ratings.user_ids[at(ratings.users[at(p)])]);
    pairs.push_back(ratings.item_ids[at(ratings.items[at(p)])]);
    if (pairs.size() >= 8192) flush();
  }
  flush();
  for (const std::int64_t p : part) member[at(p)] = false;
}

}  // namespace

void hash_folds(const Ratings& ratings, std::vector<Fold>& folds, Threads& threads) {
  const auto order = canonical_order(ratings, threads);
  threads.for_each(static_cast<std::int64_t>(folds.size()), [&](std::int64_t f, int) {
    Fold& fold = folds[at(f)];
    std::vector<bool> member(at(ratings.size()), false);
    Sha256 digest;
    add_part(digest, "train", ratings, order, fold.train, member);
    add_part(digest, "test", ratings, order, fold.test, member);
    add_part(digest, "known", ratings, order, fold.known, member);
    fold.sha256 = digest.hex();
  });
}

}  // namespace embrace
