// item-mean: a movie's mean training rating; the mean of all for movies without ratings.
#include "host/learning/means.hpp"

namespace embrace::cpu {
namespace {

class ItemMean final : public BiasTrainer {
 public:
  explicit ItemMean(const Problem& problem) : BiasTrainer(problem), ratings_(problem.ratings) {}
  EpochResult epoch() override {
    const UserItemAggregates sums = aggregate_ratings(ratings_, threads_);
    item_bias_ = row_means(sums.items, sums.mean);
    return {sums.mean, ratings_.entries()};
  }

 private:
  CsrView ratings_;
};

}  // namespace

MethodInfo item_mean_info() {
  return {"baseline", "The movie's mean training rating", "", {.fold_in = true, .closed_form = true, .chance = false},
          {},         {1e-6, 1e-6, "sums in double"}};
}

std::unique_ptr<Trainer> make_item_mean(const Problem& problem) { return std::make_unique<ItemMean>(problem); }

}  // namespace embrace::cpu
