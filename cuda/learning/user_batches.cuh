// Sums over what users have: out(r) = Σ of rows j of a matrix over the items j that user r of a list has and keeps.
// Mapping: a block a user and 128 columns, a lane four of them; its 8 warps share the user's items, 32 at a time, of
//   which each warp lists those that are kept. The warps' sums are added in their order.
// Cost: 4 bytes of the matrix an item and column, most of them from the level 2 cache, one addition each: bound by it.
//   With the users' rows written out it would be a product of matrices, but of hundreds of zeros for each item that a
//   user has: several times dearer at the speed of cuBLAS, and the rows would have to be written and read.
#pragma once
#include "cuda/learning/user_batches.hpp"
#include "cuda/math/quads.cuh"
#include "cuda/math/reduce.cuh"

namespace embrace::gpu {

/// Notes that user r of the batch has the item. An or is the same in any order.
inline __device__ void mark(DeviceMatrixView<std::uint32_t> marks, std::int64_t item, std::int64_t r) {
  atomicOr(&marks(item, r / warp_size), 1U << static_cast<unsigned>(r % warp_size));
}

/// act(r) for the users of a batch that have the item, in their order. The lanes of a warp ask for one item.
template <typename Act>
__device__ void for_marked(DeviceMatrixView<const std::uint32_t> marks, std::int64_t item, const Act& act) {
  for (std::int64_t word = 0; word < marks.columns; ++word) {
    for (std::uint32_t left = marks(item, word); left != 0; left &= left - 1) {
      act(word * warp_size + __ffs(static_cast<int>(left)) - 1);
    }
  }
}

/// For sum_histories(): nothing is left out.
struct KeepAll {
  __device__ bool operator()(std::int64_t, std::int64_t, std::int64_t, bool) const { return true; }
};

/// This thread in its warp, and its warp in a grid of blocks of so many threads.
__device__ inline int lane_index() { return static_cast<int>(threadIdx.x) % warp_size; }
template <int threads>
__device__ std::int64_t warp_index() {
  return static_cast<std::int64_t>(blockIdx.x) * (threads / warp_size) + static_cast<int>(threadIdx.x) / warp_size;
}

namespace detail {

inline constexpr int history_warps = 8;

template <typename Keep, typename Finish>
__global__ void __launch_bounds__(history_warps* warp_size)
    sum_histories_kernel(DeviceCsrView rows, DeviceSpan<const std::int32_t> users, DeviceMatrixView<const float> matrix,
                         Keep keep, Finish finish) {
  __shared__ std::int32_t listed[history_warps][warp_size];
  __shared__ float4 sums[history_warps][warp_size];
  const int lane = lane_index(), warp = static_cast<int>(threadIdx.x) / warp_size;
  const std::int64_t quads = matrix.stride / 4, tiles = (quads + warp_size - 1) / warp_size;
  const std::int64_t r = blockIdx.x / tiles, tile = blockIdx.x % tiles, quad = tile * warp_size + lane;
  const std::int64_t user = users[r], end = rows.end(user);
  float4 sum = make_float4(0, 0, 0, 0);
  for (std::int64_t first = rows.begin(user) + warp * warp_size; first < end; first += history_warps * warp_size) {
    const std::int64_t e = first + lane;
    const std::int32_t item = e < end ? rows.indices[e] : 0;
    const bool kept = e < end && keep(e, item, r, tile == 0);
    const unsigned all_kept = __ballot_sync(all_lanes, kept);
    if (kept) listed[warp][__popc(all_kept & ((1U << static_cast<unsigned>(lane)) - 1U))] = item;
    __syncwarp();  // the list is whole before any lane reads it
    const int count = quad < quads ? __popc(all_kept) : 0;
#pragma unroll 4
    for (int k = 0; k < count; ++k) add_scaled(1.0F, quad_of(matrix, listed[warp][k], quad), sum);
    __syncwarp();  // and has been read before the next one is written
  }
  sums[warp][lane] = sum;
  __syncthreads();  // all warps' sums are there before the first adds them
  if (warp != 0 || quad >= quads) return;
  for (int other = 1; other < history_warps; ++other) add_scaled(1.0F, sums[other][lane], sum);
  finish(r, user, quad, sum);
}

}  // namespace detail

/// Users have something each. On the device are called `keep(entry, item, r, once)`, with `once` true in one of the
/// calls for an entry, and `finish(r, user, quad, sum)`, which stores four columns of user users[r].
template <typename Keep, typename Finish>
void sum_histories(Device& device, DeviceCsrView rows, DeviceSpan<const std::int32_t> users,
                   DeviceMatrixView<const float> matrix, Keep keep, Finish finish) {
  if (users.empty()) return;
  const std::int64_t tiles = blocks_for(matrix.stride / 4, warp_size);
  detail::sum_histories_kernel<<<static_cast<unsigned>(users.size * tiles), detail::history_warps * warp_size, 0,
                                 device.stream()>>>(rows, users, matrix, keep, finish);
  EMBRACE_CHECK(cudaGetLastError());
}

}  // namespace embrace::gpu
