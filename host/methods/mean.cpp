// mean: every rating is predicted as the mean of all training ratings.
#include "host/learning/means.hpp"

namespace embrace::cpu {
namespace {

class Mean final : public BiasTrainer {
 public:
  explicit Mean(const Problem& problem) : BiasTrainer(problem), ratings_(problem.ratings) {}
  EpochResult epoch() override {
    offset_ = static_cast<float>(aggregate_ratings(ratings_, threads_).mean);
    return {static_cast<double>(offset_), ratings_.entries()};
  }

 private:
  CsrView ratings_;
};

}  // namespace

MethodInfo mean_info() {
  return {"baseline", "The mean of all training ratings for every pair",
          "",         {.ranking = false, .fold_in = true, .closed_form = true, .chance = false},
          {},         {1e-6, 1e-6, "one sum in double"}};
}

std::unique_ptr<Trainer> make_mean(const Problem& problem) { return std::make_unique<Mean>(problem); }

}  // namespace embrace::cpu
