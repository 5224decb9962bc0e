#include "host/data/sample.hpp"

#include "host/digest.hpp"
#include "host/permutation.hpp"

namespace embrace {
namespace {

constexpr std::uint64_t sample_seed = 1;

/// By user: is it drawn?
std::vector<bool> drawn_users(const Ratings& ratings, std::int64_t most) {
  std::vector<std::int64_t> counts(static_cast<std::size_t>(ratings.user_count()));
  for (const std::int32_t user : ratings.users) ++counts[static_cast<std::size_t>(user)];
  std::vector<bool> drawn(counts.size());
  const Permutation order(ratings.user_count(), Random(sample_seed, Stream::split), 0);
  std::int64_t taken = 0;
  for (std::int64_t p = 0; p < ratings.user_count(); ++p) {
    const auto user = static_cast<std::size_t>(order(p));
    if (p > 0 && taken + counts[user] > most) break;
    drawn[user] = true;
    taken += counts[user];
  }
  return drawn;
}

}  // namespace

Dataset sample_users(Dataset dataset, std::int64_t most) {
  if (dataset.ratings.size() <= most + most / 2) return dataset;
  const std::int64_t all = dataset.ratings.user_count();
  const std::vector<bool> drawn = drawn_users(dataset.ratings, most);
  std::vector<std::int64_t> keep;
  for (std::int64_t p = 0; p < dataset.ratings.size(); ++p) {
    if (drawn[static_cast<std::size_t>(dataset.ratings.users[static_cast<std::size_t>(p)])]) keep.push_back(p);
  }
  dataset.ratings = subset(dataset.ratings, keep);
  const std::string users = std::to_string(dataset.ratings.user_count());
  dataset.name += " (" + users + " of " + std::to_string(all) + " users)";
  dataset.sha256 = sha256(dataset.sha256 + " users drawn " + users);
  dataset.official.clear();
  return dataset;
}

}  // namespace embrace
