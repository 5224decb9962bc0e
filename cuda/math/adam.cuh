// Adam's step of one parameter, or of four, for kernels that make it beside something else.
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
  /// Each array is read and written by one access of 16 bytes.
  __device__ void operator()(float4 g, float4& w, float4& m, float4& v) const {
    float4 weight = w, first = m, second = v;
    (*this)(g.x, weight.x, first.x, second.x);
    (*this)(g.y, weight.y, first.y, second.y);
    (*this)(g.z, weight.z, first.z, second.z);
    (*this)(g.w, weight.w, first.w, second.w);
    w = weight;
    m = first;
    v = second;
  }
};

}  // namespace embrace::gpu
