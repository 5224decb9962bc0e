// What losses of differences of scores are made of.
#pragma once

namespace embrace::gpu {

/// log(1 + exp(x)) without overflow.
inline __device__ float softplus(float x) { return fmaxf(x, 0.0F) + log1pf(expf(-fabsf(x))); }

}  // namespace embrace::gpu
