#include "host/methods/item2vec_baskets.hpp"

#include <algorithm>
#include <cmath>

#include "host/permutation.hpp"

namespace embrace {
namespace {

std::uint64_t joined(std::uint32_t high, std::uint32_t low) { return (std::uint64_t{high} << 32U) | low; }

}  // namespace

std::int64_t Baskets::pairs() const {
  std::int64_t sum = 0;
  for (std::int64_t b = 0; b < size(); ++b) {
    const std::int64_t items_here = begins[b + 1] - begins[b];
    sum += items_here * (items_here - 1);
  }
  return sum;
}

Array<std::int64_t> Baskets::runs(std::int64_t first, std::int64_t last, std::int64_t least) const {
  Array<std::int64_t> cuts;
  cuts.push_back(first);
  for (std::int64_t b = first + 1; b <= last; ++b) {
    if (b == last || begins[b] - begins[cuts.back()] >= least) cuts.push_back(b);
  }
  return cuts;
}

UserBaskets::UserBaskets(const Problem& problem)
    : ratings_(problem.ratings),
      most_(problem.hyper.integer("window") + 1),
      share_kept_(problem.items(), 1.0F),
      users_(problem.seed, Stream::shuffle),
      entries_(problem.seed, Stream::dropout) {
  const double threshold = problem.hyper["subsampling"];
  const auto all = static_cast<double>(std::max<std::int64_t>(1, ratings_.entries()));
  for (std::int64_t i = 0; i < problem.items(); ++i) {
    const double share = static_cast<double>(problem.by_item.row_size(i)) / all;
    if (share > threshold) share_kept_[i] = static_cast<float>(std::sqrt(threshold / share));
  }
}

/// Items that are read this time, each once, in random order (Mikolov et al. 2013, equation 5).
void UserBaskets::keep(std::int64_t user, std::uint32_t epoch, Array<Place>& kept) const {
  const auto row = ratings_.row_indices(user);
  kept.clear();
  for (std::int64_t e = 0; e < row.size(); ++e) {
    if (e > 0 && row[e] == row[e - 1]) continue;  // named twice
    const auto bits = entries_.bits(static_cast<std::uint64_t>(ratings_.offsets[user] + e), epoch);
    if (Random::uniform_of(joined(bits[0], bits[1])) > static_cast<double>(share_kept_[row[e]])) continue;
    kept.emplace_back(joined(bits[2], bits[3]), row[e]);
  }
  std::sort(kept.begin(), kept.end());
}

Baskets UserBaskets::draw(std::uint32_t epoch) const {
  Baskets baskets;
  baskets.items.reserve(ratings_.entries());
  const Permutation order(std::max<std::int64_t>(1, ratings_.rows), users_, epoch);
  Array<Place> kept;
  for (std::int64_t n = 0; n < ratings_.rows; ++n) {
    keep(order(n), epoch, kept);
    if (kept.size() < 2) continue;  // no context
    const std::int64_t parts = (kept.size() + most_ - 1) / most_, before = baskets.items.size();
    for (const auto& [place, item] : kept) baskets.items.push_back(item);
    for (std::int64_t p = 1; p <= parts; ++p) baskets.begins.push_back(before + p * kept.size() / parts);
  }
  return baskets;
}

}  // namespace embrace
