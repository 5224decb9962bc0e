// What all threads of a block have to know of all of them: sums and the largest. Each warp makes its part by a fixed
// tree of shuffles, and then all warps make the same of the parts: one barrier each.
#pragma once
#include "cuda/math/reduce.cuh"

namespace embrace::gpu {

/// A part for each of the block's warps. Two calls that follow each other take two of them: when the second is made,
/// some thread may still read what the first one's barrier has shown it.
template <int threads, typename T>
using BlockScratch = T[threads / warp_size];

/// The sum over the block. `threads` is that of a block, a power of two of warps.
template <int threads, typename T>
__device__ T block_total(T value, BlockScratch<threads, T>& scratch) {
  constexpr int warps = threads / warp_size;
  const int lane = static_cast<int>(threadIdx.x) % warp_size;
  value = group_sum<warp_size>(value);
  if (lane == 0) scratch[threadIdx.x / warp_size] = value;
  __syncthreads();  // all warps read what each of them wrote
  return group_sum<warps>(scratch[lane % warps]);
}

/// The largest of the block; not a number counts as nothing.
template <int threads>
__device__ float block_most(float value, BlockScratch<threads, float>& scratch) {
  constexpr int warps = threads / warp_size;
  const int lane = static_cast<int>(threadIdx.x) % warp_size;
  const auto of_warp = [](float most) {
#pragma unroll
    for (int step = warp_size / 2; step > 0; step /= 2) most = fmaxf(most, __shfl_xor_sync(all_lanes, most, step));
    return most;
  };
  value = of_warp(value);
  if (lane == 0) scratch[threadIdx.x / warp_size] = value;
  __syncthreads();  // all warps read what each of them wrote
  return of_warp(scratch[lane % warps]);
}

}  // namespace embrace::gpu
