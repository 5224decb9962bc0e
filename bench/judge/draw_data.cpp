#include "bench/judge/draw_data.hpp"

#include <algorithm>

namespace embrace::judge {
namespace {

RatedPairs pairs_of(const Ratings& ratings, const std::vector<std::int64_t>& positions) {
  RatedPairs pairs;
  for (const std::int64_t position : positions) {
    const auto p = static_cast<std::size_t>(position);
    pairs.users.push_back(ratings.users[p]);
    pairs.items.push_back(ratings.items[p]);
    pairs.ratings.push_back(ratings.values[p]);
  }
  return pairs;
}

Csr matrix_of(const Ratings& ratings, const RatedPairs& pairs, Threads& threads) {
  return csr_from_triples(ratings.user_count(), ratings.item_count(), pairs.users, pairs.items, pairs.ratings, threads);
}

Array<std::uint8_t> present(std::int64_t count, const Array<std::int32_t>& indices) {
  Array<std::uint8_t> flags(count, 0);
  for (const std::int32_t index : indices) flags[index] = 1;
  return flags;
}

}  // namespace

DrawData make_draw_data(const Experiment& experiment, Parts parts, Threads& threads) {
  require_disjoint(parts);
  const Ratings& ratings = experiment.dataset.ratings;
  DrawData data;
  const RatedPairs embedding = pairs_of(ratings, parts.embedding);
  data.fitted_items = present(ratings.item_count(), embedding.items);
  data.fitted_users = present(ratings.user_count(), embedding.users);
  std::vector<std::int64_t> profiled = parts.embedding;
  profiled.insert(profiled.end(), experiment.fold.known.begin(), experiment.fold.known.end());
  data.profile_ratings = matrix_of(ratings, pairs_of(ratings, profiled), threads);
  data.without_vectors = without_vectors(data.profile_ratings.view(), threads);
  data.fit_pairs = pairs_of(ratings, parts.fit);
  data.fit = matrix_of(ratings, data.fit_pairs, threads);
  data.validation = pairs_of(ratings, parts.validation);
  data.test = pairs_of(ratings, experiment.fold.test);
  std::vector<std::int64_t> seen = parts.embedding;
  seen.insert(seen.end(), parts.fit.begin(), parts.fit.end());
  data.seen = matrix_of(ratings, pairs_of(ratings, seen), threads);
  data.targets = matrix_of(ratings, data.validation, threads);
  data.parts = std::move(parts);
  return data;
}

}  // namespace embrace::judge
