// Vectors that a group of lanes shares, four numbers a lane: cuda/math/quads.cuh has the quads.
#pragma once
#include "cuda/math/quads.cuh"

namespace embrace::gpu {

constexpr std::int64_t quads_of(std::int64_t columns) { return (columns + 3) / 4; }

inline __device__ float4 times(float factor, float4 x) {
  return make_float4(factor * x.x, factor * x.y, factor * x.z, factor * x.w);
}

/// The instance of a kernel for groups of so many lanes.
template <typename Kernel>
Kernel instance_for(int lanes, Kernel of_8, Kernel of_16, Kernel of_32) {
  return lanes == 8 ? of_8 : lanes == 16 ? of_16 : of_32;
}

}  // namespace embrace::gpu
