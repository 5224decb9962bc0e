// rank: scores of the whole catalogue for every user, seen items masked, the first ten kept.
#include <algorithm>

#include "bench/cases/factors.hpp"
#include "host/metrics/metric.hpp"
#include "host/metrics/ranking.hpp"
#include "host/sparse.hpp"

namespace embrace::cases {
namespace {

constexpr std::int64_t most_users = 4096;  // enough to fill a machine; the rate is per score

Inputs inputs(const Shape& large, std::uint64_t seed) {
  Shape shape = large;
  shape.users = std::min(large.users, most_users);
  shape.ratings = std::max<std::int64_t>(1, large.ratings * shape.users / large.users);
  return {.shape = shape,
          .ratings = power_law_ratings(shape, seed),
          .a = vectors(shape, shape.users, shape.factors, seed),
          .b = vectors(shape, shape.items, shape.factors, seed + 1)};
}

/// The kept items of every user, -1 where the catalogue ended before.
std::vector<double> reference(const Inputs& in) {
  std::vector<std::vector<bool>> seen(static_cast<std::size_t>(in.shape.users),
                                      std::vector<bool>(static_cast<std::size_t>(in.shape.items)));
  for (std::size_t e = 0; e < in.ratings.users.size(); ++e) {
    seen[static_cast<std::size_t>(in.ratings.users[e])][static_cast<std::size_t>(in.ratings.items[e])] = true;
  }
  std::vector<double> all;
  for (std::int64_t u = 0; u < in.shape.users; ++u) {
    std::vector<std::pair<double, std::int64_t>> list;  // -score, item: ties by lower item
    for (std::int64_t i = 0; i < in.shape.items; ++i) {
      if (!seen[static_cast<std::size_t>(u)][static_cast<std::size_t>(i)]) list.emplace_back(-plain_score(in, u, i), i);
    }
    std::sort(list.begin(), list.end());
    for (std::size_t r = 0; r < kept; ++r) all.push_back(r < list.size() ? static_cast<double>(list[r].second) : -1.0);
  }
  return all;
}

/// What a ranking is made from. One target a user, so that everybody is ranked.
struct Ranking {
  Ranking(const Inputs& in, Threads& threads) : trainer(in, threads) {
    const auto& [rated_users, rated_items, values] = in.ratings;
    mask = csr_from_triples(in.shape.users, in.shape.items, rated_users, rated_items, values);
    std::vector<std::int32_t> users, items;
    for (std::int64_t u = 0; u < in.shape.users; ++u) {
      users.push_back(static_cast<std::int32_t>(u));
      items.push_back(static_cast<std::int32_t>(u % in.shape.items));
      ids.push_back(u);
    }
    targets = csr_from_triples(in.shape.users, in.shape.items, users, items, std::vector<float>(users.size(), 1.0F));
  }
  FixedFactors trainer;
  Csr mask, targets;
  std::vector<std::int64_t> ids;
};

TimedRun cpu(const Inputs& in, Threads& threads) {
  auto ranking = std::make_shared<Ranking>(in, threads);
  return timed_on_cpu(
      [ranking, &threads] {
        RankingQuery query;
        query.mask = ranking->mask.view();
        query.targets = ranking->targets.view();
        query.at = {kept};
        query.user_ids = ranking->ids;
        query.keep = kept;
        return evaluate_ranking(ranking->trainer, query, threads);
      },
      [users = static_cast<std::size_t>(in.shape.users)](const RankingResult& result) {
        std::vector<double> all(users * kept, -1.0);
        for (const RankedItem& item : result.answers) {
          all[static_cast<std::size_t>(item.user) * kept + static_cast<std::size_t>(item.rank) - 1] = item.item;
        }
        return all;
      });
}

Work work(const Inputs& in) {
  const double scores = static_cast<double>(in.shape.users) * static_cast<double>(in.shape.items);
  const auto k = static_cast<double>(in.shape.factors);
  return {4 * k * static_cast<double>(in.shape.users + in.shape.items), 2 * k * scores, scores};
}

}  // namespace

Operation rank_operation() {
  return {.name = "rank",
          .bound_reason = "scores of whole numbers are exact in float, so even ties must come out equal",
          .small = {{"one", 1, 1, 1, 1}, {"k:1", 5, 64, 30, 1}, {"k:33", 31, 100, 500, 33}, {"k:64", 33, 9, 200, 64}},
          .large = movielens_shapes({64}),
          .inputs = inputs,
          .reference = reference,
          .cpu = cpu,
          .work = work};
}

}  // namespace embrace::cases
