// popularity: movies ranked by their number of training ratings, the same list for everybody.
#include "host/learning/means.hpp"

namespace embrace::cpu {
namespace {

class Popularity final : public BiasTrainer {
 public:
  explicit Popularity(const Problem& problem) : BiasTrainer(problem), by_item_(problem.by_item.view()) {}
  EpochResult epoch() override {
    item_bias_.resize(items_);
    for (std::int64_t i = 0; i < items_; ++i) {
      item_bias_[i] = static_cast<float>(by_item_.row_size(i));
    }
    return {0.0, by_item_.entries()};
  }

 private:
  CsrView by_item_;
};

}  // namespace

MethodInfo popularity_info() {
  return {"baseline", "Movies by their number of training ratings",
          "",         {.rating = false, .fold_in = true, .closed_form = true},
          {},         {0.0, 0.0, "counts are exact below 2^24"}};
}

std::unique_ptr<Trainer> make_popularity(const Problem& problem) { return std::make_unique<Popularity>(problem); }

}  // namespace embrace::cpu
