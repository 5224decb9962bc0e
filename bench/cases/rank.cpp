// rank: scores of the whole catalogue for every user, seen items masked, the first ten kept.
#include <algorithm>

#include "bench/cases/factors.hpp"
#include "host/metrics/metric.hpp"
#include "host/metrics/ranking.hpp"
#include "host/sparse.hpp"

namespace embrace::cases {
namespace {

constexpr int kept = 10;
constexpr std::int64_t most_users = 4096;  // enough to fill a machine; the rate is per score

class Rank final : public Case {
 public:
  Rank(const Shape& shape, std::uint64_t seed) : shape_(shape), seed_(seed) {
    shape_.users = std::min(shape.users, most_users);
    shape_.ratings = std::max<std::int64_t>(1, shape.ratings * shape_.users / shape.users);
    const Triples seen = power_law_ratings(shape_, seed);
    mask_ = csr_from_triples(shape_.users, shape_.items, seen.users, seen.items, seen.values);
    std::vector<std::int32_t> users, items;
    std::vector<float> ones;
    for (std::int64_t u = 0; u < shape_.users; ++u) {  // one target a user, so that everybody is ranked
      users.push_back(static_cast<std::int32_t>(u));
      items.push_back(static_cast<std::int32_t>(u % shape_.items));
      ones.push_back(1);
      ids_.push_back(u);
    }
    targets_ = csr_from_triples(shape_.users, shape_.items, users, items, ones);
  }

  /// The kept items of every user, -1 where the catalogue ended before.
  std::vector<double> reference() const override {
    Threads one(1);
    const FixedFactors plain(shape_, seed_, one);
    std::vector<double> all;
    for (std::int64_t u = 0; u < shape_.users; ++u) {
      std::vector<std::pair<double, std::int64_t>> list;  // -score, item: ties by lower item
      for (std::int64_t i = 0; i < shape_.items; ++i) {
        const auto seen = mask_.view().row_indices(u);
        if (std::find(seen.begin(), seen.end(), static_cast<std::int32_t>(i)) == seen.end())
          list.emplace_back(-plain.product(u, i), i);
      }
      std::sort(list.begin(), list.end());
      for (std::size_t r = 0; r < kept; ++r)
        all.push_back(r < list.size() ? static_cast<double>(list[r].second) : -1.0);
    }
    return all;
  }
  Prepared cpu(Threads& threads) const override {
    auto trainer = std::make_shared<FixedFactors>(shape_, seed_, threads);
    auto result = std::make_shared<RankingResult>();
    const auto run = [this, trainer, result, &threads] {
      RankingQuery query;
      query.mask = mask_.view();
      query.targets = targets_.view();
      query.at = {kept};
      query.user_ids = ids_;
      query.keep = kept;
      *result = evaluate_ranking(*trainer, query, threads);
    };
    return {run, [this, result] {
              std::vector<double> all(static_cast<std::size_t>(shape_.users) * kept, -1.0);
              for (const RankedItem& item : result->answers) {
                all[static_cast<std::size_t>(item.user) * kept + static_cast<std::size_t>(item.rank) - 1] = item.item;
              }
              return all;
            }};
  }
  gpu::DeviceRun gpu(const gpu::Operations& on) const override {
    Threads one(1);
    const FixedFactors factors(shape_, seed_, one);
    return on.rank(factors.embedding()->users, factors.embedding()->items, mask_.view(), kept);
  }
  double bound() const override { return 0; }
  Work work() const override {
    const double scores = static_cast<double>(shape_.users) * static_cast<double>(shape_.items);
    const auto k = static_cast<double>(shape_.factors);
    return {4 * k * static_cast<double>(shape_.users + shape_.items), 2 * k * scores, scores};
  }

 private:
  Shape shape_;
  std::uint64_t seed_;
  Csr mask_, targets_;
  std::vector<std::int64_t> ids_;
};

}  // namespace

Operation rank_operation() {
  return {"rank",
          "scores of whole numbers are exact in float, so even ties must come out equal",
          {{"one", 1, 1, 1, 1}, {"k:1", 5, 64, 30, 1}, {"k:33", 31, 100, 500, 33}, {"k:64", 33, 9, 200, 64}},
          movielens_shapes({64}),
          [](const Shape& shape, std::uint64_t seed) { return std::make_unique<Rank>(shape, seed); }};
}

}  // namespace embrace::cases
