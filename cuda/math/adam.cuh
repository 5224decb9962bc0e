// One Adam step of one parameter; host/math/adam.hpp has the formula and the factors.
#pragma once

namespace embrace::gpu {

/// What a step's number makes of rates: embrace::AdamStep's.
struct AdamFactors {
  float rate;
  float scale;
  float shrink;

  __device__ void operator()(float g, float& w, float& m, float& v) const {
    m = 0.9F * m + 0.1F * g;
    v = 0.999F * v + 0.001F * (g * g);
    w = shrink * w - rate * m / (sqrtf(v) * scale + 1e-8F);
  }
};

}  // namespace embrace::gpu
