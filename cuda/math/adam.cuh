// Adam's step of one parameter, for kernels.
#pragma once
#include "host/math/adam.hpp"

namespace embrace::gpu {

/// What a step's number makes of rates: embrace::AdamStep's.
struct AdamFactors {
  float rate;
  float scale;
  float shrink;

  explicit AdamFactors(const embrace::AdamStep& step) : rate(step.rate), scale(step.scale), shrink(step.shrink) {}

  __device__ void operator()(float g, float& w, float& m, float& v) const {
    m = 0.9F * m + 0.1F * g;
    v = 0.999F * v + 0.001F * (g * g);
    w = shrink * w - rate * m / (sqrtf(v) * scale + 1e-8F);
  }
};

}  // namespace embrace::gpu
