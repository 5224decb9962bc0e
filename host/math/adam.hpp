// Adam (Kingma and Ba 2015, algorithm 1) with decoupled weight decay (Loshchilov and Hutter 2019, algorithm 2):
//   m = .9 m + .1 g;  v = .999 v + .001 g²;  w -= rate (m / (1 - .9^t) / (sqrt(v / (1 - .999^t)) + 1e-8) + decay w)
// Lazy for embedding rows: a row's m, v and t move only in batches that touch it, as if Adam ran on those alone.
#pragma once
#include <cmath>
#include <cstdint>

namespace embrace {

struct AdamStep {
  float rate = 0;   // learning rate over the first moment's correction
  float scale = 0;  // 1 / sqrt of the second moment's correction
  float shrink = 1;

  /// `step` counts from 1.
  AdamStep(double learning_rate, double decay, std::int64_t step)
      : rate(static_cast<float>(learning_rate / (1.0 - std::pow(0.9, static_cast<double>(step))))),
        scale(static_cast<float>(1.0 / std::sqrt(1.0 - std::pow(0.999, static_cast<double>(step))))),
        shrink(static_cast<float>(1.0 - learning_rate * decay)) {}
};

/// One step of n weights with gradients g.
void adam(const AdamStep& step, const float* g, float* w, float* m, float* v, std::int64_t n);

}  // namespace embrace
