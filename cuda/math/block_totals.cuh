// What all threads of a block have to know of all of them: sums. Each warp makes its part by a fixed
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

}  // namespace embrace::gpu
