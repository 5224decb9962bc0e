// user-mean: a user's mean training rating; the mean of all for users without ratings.
#include "host/learning/means.hpp"

namespace embrace::cpu {
namespace {

class UserMean final : public BiasTrainer {
 public:
  explicit UserMean(const Problem& problem) : BiasTrainer(problem), ratings_(problem.ratings) {}
  EpochResult epoch() override {
    const UserItemAggregates sums = aggregate_ratings(ratings_, threads_);
    user_bias_ = row_means(sums.users, sums.mean);
    return {sums.mean, ratings_.entries()};
  }
  void fold_in(CsrView ratings) override {
    const RatingAggregates known = aggregate_ratings(ratings, threads_).users;
    for (std::int64_t u = 0; u < user_bias_.size(); ++u) {
      if (known.count[u] > 0) user_bias_[u] = static_cast<float>(known.mean(u));
    }
  }

 private:
  CsrView ratings_;
};

}  // namespace

MethodInfo user_mean_info() {
  return {"baseline", "The user's mean training rating",
          "",         {.ranking = false, .fold_in = true, .closed_form = true, .chance = false},
          {},         {1e-6, 1e-6, "sums in double"}};
}

std::unique_ptr<Trainer> make_user_mean(const Problem& problem) { return std::make_unique<UserMean>(problem); }

}  // namespace embrace::cpu
