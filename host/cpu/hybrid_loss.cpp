#include "host/cpu/hybrid_loss.hpp"

#include <algorithm>
#include <cmath>

#include "host/cpu/means.hpp"
#include "host/error.hpp"

namespace embrace::cpu {

Loss loss_of(const Problem& problem) {
  const auto loss = static_cast<Loss>(problem.hyper.integer("loss"));
  if ((problem.task == Task::rating) != (loss == Loss::squared)) {
    throw UsageError("hybrid learns ratings by squared error and rankings by another loss",
                     "loss is 0 for ratings; 1, 2 or 3 for rankings");
  }
  return loss;
}

Samples::Negatives negatives_of(Loss loss) {
  return loss == Loss::logistic ? Samples::Negatives::pointwise
         : loss == Loss::warp   ? Samples::Negatives::searched
                                : Samples::Negatives::pairwise;
}

float offset_of(const Problem& problem, Loss loss) {
  return loss == Loss::squared    ? static_cast<float>(global_mean(problem.ratings.view()))
         : loss == Loss::logistic ? -std::log(static_cast<float>(logistic_negatives))
                                  : 0.0F;
}

float warp_weight(std::int64_t movies, int t) {
  return std::log(static_cast<float>(std::max<std::int64_t>(1, (movies - 1) / t)));
}

LossAt loss_at(Loss loss, float score, float target) {
  switch (loss) {
    case Loss::squared: {
      const float error = score - target;
      return {0.5 * static_cast<double>(error) * static_cast<double>(error), error};
    }
    case Loss::logistic:
      return {static_cast<double>(softplus(score) - target * score), 1.0F / (1.0F + std::exp(-score)) - target};
    case Loss::bpr:
      return {static_cast<double>(softplus(-score)), -1.0F / (1.0F + std::exp(score))};
    case Loss::warp:
      // A movie that has a weight is less than 1 behind, up to the rounding of two sums of one score.
      return {target == 0.0F ? 0.0 : static_cast<double>(target * (1.0F - score)), -target};
  }
  return {};
}

}  // namespace embrace::cpu
