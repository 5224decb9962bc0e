// user-mean: a user's mean training rating; the mean of all for users without ratings.
#include "host/learning/means.hpp"

namespace embrace::cpu {
namespace {

class UserMean final : public BiasTrainer {
 public:
  explicit UserMean(const Problem& problem) : BiasTrainer(problem), ratings_(problem.ratings.view()) {}
  EpochResult epoch() override {
    mean_ = global_mean(ratings_);
    user_bias_ = row_means(ratings_, mean_, threads_);
    return {mean_, ratings_.entries()};
  }
  void fold_in(CsrView ratings) override {
    for (std::int64_t u = 0; u < ratings.rows; ++u) {
      double sum = 0;
      for (const float value : ratings.row_values(u)) sum += static_cast<double>(value);
      if (ratings.row_size(u) > 0) {
        user_bias_[u] = static_cast<float>(sum / static_cast<double>(ratings.row_size(u)));
      }
    }
  }

 private:
  CsrView ratings_;
  double mean_ = 0;
};

}  // namespace

MethodInfo user_mean_info() {
  return {"baseline", "The user's mean training rating", "", {.ranking = false, .fold_in = true, .closed_form = true},
          {},         {1e-6, 1e-6, "sums in double"}};
}

std::unique_ptr<Trainer> make_user_mean(const Problem& problem) { return std::make_unique<UserMean>(problem); }

}  // namespace embrace::cpu
