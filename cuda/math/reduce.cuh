// Sums over lanes, warps and blocks in a fixed order, so that the same input gives the same bits in every run.
#pragma once
#include <cstdint>

namespace embrace::gpu {

inline constexpr int warp_size = 32;
inline constexpr unsigned all_lanes = 0xffffffffU;

/// Sum over each group of `width` neighbouring lanes (a power of two up to 32), given to all of them. All 32 lanes of
/// the warp must call it. Butterfly: every lane adds the same pairs, so all get the same bits.
template <int width, typename T>
__device__ T group_sum(T value) {
  static_assert(width >= 1 && width <= warp_size && (width & (width - 1)) == 0);
#pragma unroll
  for (int step = width / 2; step > 0; step /= 2) value += __shfl_xor_sync(all_lanes, value, step);
  return value;
}

/// Sum over the block, valid in thread 0. `scratch`: one element a warp, free for another use after a barrier.
template <int threads, typename T>
__device__ T block_sum(T value, T (&scratch)[threads / warp_size]) {
  static_assert(threads % warp_size == 0 && threads / warp_size <= warp_size);
  const int warp = static_cast<int>(threadIdx.x) / warp_size;
  const int lane = static_cast<int>(threadIdx.x) % warp_size;
  value = group_sum<warp_size>(value);
  if (lane == 0) scratch[warp] = value;
  __syncthreads();  // the first warp reads what the others wrote
  if (warp == 0) value = group_sum<warp_size>(lane < threads / warp_size ? scratch[lane] : T{});
  return value;
}

/// Blocks that `size` elements need, `each` of them a block; at least 1, since a grid may not be empty.
constexpr unsigned blocks_for(std::int64_t size, std::int64_t each) {
  return size <= each ? 1U : static_cast<unsigned>((size + each - 1) / each);
}

/// Grid for the elements of a matrix: columns along x, rows along y. A grid is at most 65,535 blocks high, so kernels
/// go on to row + gridDim.y; neither needs a division an element.
inline dim3 matrix_grid(std::int64_t rows, std::int64_t columns, int threads) {
  return {blocks_for(columns, threads), static_cast<unsigned>(rows < 1 ? 1 : rows > 65535 ? 65535 : rows), 1};
}

}  // namespace embrace::gpu
