// popularity: movies ranked by their number of training ratings, the same list for everybody.
#include "host/array.hpp"
#include "host/learning/means.hpp"

namespace embrace::cpu {
namespace {

class Popularity final : public BiasTrainer {
 public:
  explicit Popularity(const Problem& problem) : BiasTrainer(problem), ratings_(problem.ratings) {}
  EpochResult epoch() override {
    const Array<std::int64_t> counts = aggregate_ratings(ratings_, threads_).items.count;
    item_bias_.clear();
    for (const std::int64_t n : counts) item_bias_.push_back(static_cast<float>(n));
    return {0.0, ratings_.entries()};
  }

 private:
  CsrView ratings_;
};

}  // namespace

MethodInfo popularity_info() {
  return {"baseline", "Movies by their number of training ratings",
          "",         {.rating = false, .fold_in = true, .closed_form = true, .chance = false},
          {},         {0.0, 0.0, "counts are exact below 2^24"}};
}

std::unique_ptr<Trainer> make_popularity(const Problem& problem) { return std::make_unique<Popularity>(problem); }

}  // namespace embrace::cpu
