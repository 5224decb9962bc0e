#include "host/methods/hybrid_loss.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>

#include "host/array.hpp"
#include "host/error.hpp"
#include "host/math/aggregate.hpp"
#include "host/math/vector_math.hpp"

namespace embrace {

Loss loss_of(const Problem& problem) {
  const auto loss = static_cast<Loss>(problem.hyper.integer("loss"));
  if ((problem.task == Task::rating) != (loss == Loss::squared)) {
    throw UsageError("hybrid learns ratings by squared error and rankings by another loss",
                     "loss is squared for ratings; logistic, bpr or warp for rankings");
  }
  return loss;
}

Samples::Negatives negatives_of(Loss loss) {
  return loss == Loss::logistic ? Samples::Negatives::pointwise
         : loss == Loss::warp   ? Samples::Negatives::searched
                                : Samples::Negatives::pairwise;
}

float offset_of(const Problem& problem, Loss loss) {
  return loss == Loss::squared    ? static_cast<float>(aggregate_ratings(problem.ratings, problem.threads).mean)
         : loss == Loss::logistic ? -std::log(static_cast<float>(logistic_negatives))
                                  : 0.0F;
}

float warp_weight(std::int64_t movies, int t) {
  return std::log(static_cast<float>(std::max<std::int64_t>(1, (movies - 1) / t)));
}

double losses(Loss loss, const float* target, std::int64_t n, float* score) {
  double sum = 0;
  if (loss == Loss::squared) {
    for (std::int64_t s = 0; s < n; ++s) {
      score[s] -= target[s];
      sum += 0.5 * static_cast<double>(score[s]) * static_cast<double>(score[s]);
    }
    return sum;
  }
  if (loss == Loss::warp) {
    for (std::int64_t s = 0; s < n; ++s) {
      // A movie that has a weight is less than 1 behind, up to the rounding of two sums of one score.
      if (target[s] != 0.0F) sum += static_cast<double>(target[s] * (1.0F - score[s]));
      score[s] = -target[s];
    }
    return sum;
  }
  constexpr std::int64_t most = 64;  // at a time
  FixedArray<float, most> softplus, sigmoid;
  for (std::int64_t first = 0; first < n; first += most) {
    const std::int64_t count = std::min(most, n - first);
    float* here = score + first;
    if (loss == Loss::bpr) std::transform(here, here + count, here, std::negate<>());  // log(1 + exp(-score))
    logistic(here, count, softplus.data(), sigmoid.data());
    for (std::int64_t s = 0; s < count; ++s) {
      sum += static_cast<double>(loss == Loss::bpr ? softplus[s] : softplus[s] - target[first + s] * here[s]);
      here[s] = loss == Loss::bpr ? -sigmoid[s] : sigmoid[s] - target[first + s];
    }
  }
  return sum;
}

}  // namespace embrace
