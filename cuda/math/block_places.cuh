// Places in a list that the threads of a block add to: how many there are before each thread's own, and in all. Warps
// count by shuffles, then each adds up those before it: one barrier.
#pragma once
#include "cuda/math/block_totals.cuh"

namespace embrace::gpu {

struct BlockPlaces {
  std::int32_t before = 0, all = 0;
};

/// `own`: how many places the thread takes. Of calls that follow each other, as for BlockScratch.
template <int threads>
__device__ BlockPlaces block_places(std::int32_t own, BlockScratch<threads, std::int32_t>& scratch) {
  constexpr int warps = threads / warp_size;
  const int warp = static_cast<int>(threadIdx.x) / warp_size, lane = static_cast<int>(threadIdx.x) % warp_size;
  std::int32_t up_to = own;  // those of the warp's lanes up to this one
#pragma unroll
  for (int step = 1; step < warp_size; step *= 2) {
    const std::int32_t below = __shfl_up_sync(all_lanes, up_to, step);
    if (lane >= step) up_to += below;
  }
  if (lane == warp_size - 1) scratch[warp] = up_to;
  __syncthreads();  // all warps read what each of them wrote
  BlockPlaces places{up_to - own, 0};
#pragma unroll
  for (int other = 0; other < warps; ++other) {
    if (other < warp) places.before += scratch[other];
    places.all += scratch[other];
  }
  return places;
}

}  // namespace embrace::gpu
