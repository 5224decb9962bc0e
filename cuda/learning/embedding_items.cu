// Scores of users and all items, written or ranked:
//   score(u, i) = (offset + b_u + b_i) + Σ_k p_uk q_ik
//   Σ goes over k ascending, a fused multiply-add each, whatever the tile: the same bits written, ranked, in any part.
// Mapping: a block takes 128 users and walks along a slice of the items, 128 at a time. Eight factors of all of them
//   are copied to shared memory, transposed, into two slabs in turns: the next one is on its way in registers while
//   this one is multiplied, one barrier a slab. A warp has 16 users, a lane 8 × 8 sums in registers: for 64 products it
//   reads 16 numbers in 4 loads. The bits of a lane's number are dealt out between users and items so that lanes n and
//   n ^ 1 want the same users, n and n ^ 2 the same items, which is what lets a load of 16 bytes take 2 wavefronts.
//   A warp's users are its own: scores are compared in registers with the least that a list takes, and only two rows
//   of 128 of which one is above pass through shared memory (cuda/math/rank.cuh). Those that are written all do, for
//   then a warp writes 128 bytes at once.
// Cost a score: 2 k flops; of a lane k instructions to multiply, an eighth of that to load and store, and 4 to add the
//   biases, compare, and see that it is finite; k / 16 bytes of vectors, which the level 2 cache holds; 4 bytes when it
//   is written, nothing when it is ranked but 8 bytes a candidate, written and read.
//   For 30,000 users and 40,000 items of 64 factors, ten items a list, two slices: 154 Gflop, 2.6 warp instructions a
//   score and half a one for candidates, which is 4 ms of issue on 132 multiprocessors at 1.8 GHz; 4.8 GB of vectors;
//   less than a byte of candidates a score, where stored scores move 34; two launches and one wait.
#include <algorithm>
#include <limits>

#include "cuda/device/phase.hpp"
#include "cuda/learning/embedding.hpp"
#include "cuda/math/rank.cuh"

namespace embrace::gpu {
namespace {

constexpr int threads = 256;
constexpr int warps = threads / warp_size;
constexpr int tile = stretch;  // users, and items
constexpr int warp_users = tile / warps;
constexpr int slab_factors = 8;
constexpr int own = 8;  // users, and items, of a lane

/// Eight factors of a tile. Rows are longer by 4, so that a warp that stores a quad of 16 vectors meets no bank twice.
struct Slab {
  float users[slab_factors][tile + 4], items[slab_factors][tile + 4];
};

/// Two rows of scores, as lanes hold them. Longer by 16, so that the two halves of eight lanes meet no bank twice.
using Rows = float[2][tile + 16];

/// Which of its block's scores are a lane's.
struct Place {
  int warp, lane;
  int half;  // of two rows at a time the one that the lane holds
  int quad;  // of a row's first 64 items the lane's four; those 64 further on are its, too

  /// The user, in the tile, of row `r` of a lane's scores in the given half.
  __device__ int user(int r, int of_half) const { return warp * warp_users + (r / 4) * 8 + 4 * of_half + r % 4; }
};

__device__ Place own_place() {
  const int lane = static_cast<int>(threadIdx.x) % warp_size;
  return {static_cast<int>(threadIdx.x) / warp_size, lane, (lane >> 1) & 1, (lane & 1) | ((lane >> 1) & 14)};
}

/// What a thread brings of a slab: a quad of a user and one of an item.
struct Quads {
  float4 user, item;
};

/// A row in quads; beyond the last row, that one, whose scores nobody takes.
__device__ const float4* row_of(DeviceMatrixView<const float> matrix, std::int64_t row) {
  return reinterpret_cast<const float4*>(matrix.row(row < matrix.rows ? row : matrix.rows - 1));
}

/// Rows have so many `quads`; zeros behind them.
__device__ Quads fetch(const float4* user, const float4* item, int quads, int slab) {
  const int quad = 2 * slab + static_cast<int>(threadIdx.x) % 2;
  if (quad < quads) return {user[quad], item[quad]};
  return {make_float4(0, 0, 0, 0), make_float4(0, 0, 0, 0)};
}

__device__ void put(const Quads& quads, Slab& slab) {
  const int row = static_cast<int>(threadIdx.x) / 2, k = 4 * (static_cast<int>(threadIdx.x) % 2);
  slab.users[k][row] = quads.user.x;
  slab.users[k + 1][row] = quads.user.y;
  slab.users[k + 2][row] = quads.user.z;
  slab.users[k + 3][row] = quads.user.w;
  slab.items[k][row] = quads.item.x;
  slab.items[k + 1][row] = quads.item.y;
  slab.items[k + 2][row] = quads.item.z;
  slab.items[k + 3][row] = quads.item.w;
}

/// Eight numbers: a quad, and one so many numbers further on.
__device__ void load_eight(const float* from, int further, float (&numbers)[own]) {
  const float4 a = *reinterpret_cast<const float4*>(from), b = *reinterpret_cast<const float4*>(from + further);
  numbers[0] = a.x, numbers[1] = a.y, numbers[2] = a.z, numbers[3] = a.w;
  numbers[4] = b.x, numbers[5] = b.y, numbers[6] = b.z, numbers[7] = b.w;
}

__device__ void multiply(const Slab& slab, const Place& at, float (&sums)[own][own]) {
#pragma unroll
  for (int k = 0; k < slab_factors; ++k) {
    float p[own], q[own];
    load_eight(&slab.users[k][at.user(0, at.half)], 8, p);
    load_eight(&slab.items[k][4 * at.quad], tile / 2, q);
#pragma unroll
    for (int r = 0; r < own; ++r) {
#pragma unroll
      for (int c = 0; c < own; ++c) sums[r][c] = fmaf(p[r], q[c], sums[r][c]);
    }
  }
}

/// Four biases from `first` on, 0 where there are none.
__device__ float4 four_biases(DeviceSpan<const float> bias, std::int64_t first) {
  if (first + 4 <= bias.size) return *reinterpret_cast<const float4*>(bias.data + first);
  const auto at = [&](std::int64_t i) { return i < bias.size ? bias[i] : 0.0F; };
  return make_float4(at(first), at(first + 1), at(first + 2), at(first + 3));
}

/// `base`: offset and bias of the tile's users.
__device__ void add_biases(DeviceSpan<const float> item_bias, std::int32_t first, const float (&base)[tile],
                           const Place& at, float (&sums)[own][own]) {
  const float4 a = four_biases(item_bias, first + 4 * at.quad);
  const float4 b = four_biases(item_bias, first + tile / 2 + 4 * at.quad);
  const float bias[own] = {a.x, a.y, a.z, a.w, b.x, b.y, b.z, b.w};
#pragma unroll
  for (int r = 0; r < own; ++r) {
    const float user = base[at.user(r, at.half)];
#pragma unroll
    for (int c = 0; c < own; ++c) sums[r][c] = (user + bias[c]) + sums[r][c];
  }
}

/// Row `r` of a lane's scores, and so two whole rows of a warp.
__device__ void put_rows(const Place& at, const float (&row)[own], Rows& rows) {
  float* const to = &rows[at.half][4 * at.quad];
  *reinterpret_cast<float4*>(to) = make_float4(row[0], row[1], row[2], row[3]);
  *reinterpret_cast<float4*>(to + tile / 2) = make_float4(row[4], row[5], row[6], row[7]);
}

/// Writes scores.
struct Written {
  DeviceMatrixView<float> out;
  Slices slices;

  __device__ std::int32_t slice_items() const { return slices.items; }
  __device__ void begin(const Place&, DeviceSpan<const std::int32_t>, std::int32_t) const {}
  __device__ void take(const Place& at, std::int32_t first, std::int32_t items, const float (&scores)[own][own],
                       Rows& rows, float&) const {
    const std::int64_t first_user = static_cast<std::int64_t>(blockIdx.x) * tile;
#pragma unroll
    for (int r = 0; r < own; ++r) {
      put_rows(at, scores[r], rows);
      __syncwarp();  // both rows are there
#pragma unroll 1
      for (int half = 0; half < 2; ++half) {
        const std::int64_t user = first_user + at.user(r, half);
        if (user >= out.rows) continue;
#pragma unroll 1
        for (int i = at.lane; i < tile; i += warp_size) {
          if (first + i < items) out(user, first + i) = rows[half][i];
        }
      }
      __syncwarp();  // both have been read before the next two come
    }
  }
  __device__ void end(const Place&, DeviceSpan<const std::int32_t>, float) const {}
};

/// Ranks scores.
struct Ranked {
  DeviceCsrView mask;
  CandidatesView candidates;

  __device__ std::int32_t slice_items() const { return candidates.slice_items; }

  /// What a user's list takes, in the block's slice.
  __device__ static Standing& standing(int user) {
    __shared__ Standing all[tile];
    return all[user];
  }
  __device__ std::int64_t list_of(int user) const {
    return (static_cast<std::int64_t>(blockIdx.x) * tile + user) * candidates.slices + blockIdx.y;
  }

  __device__ void begin(const Place& at, DeviceSpan<const std::int32_t> users, std::int32_t first) const {
    const int user = at.warp * warp_users + at.lane;
    const std::int64_t number = static_cast<std::int64_t>(blockIdx.x) * tile + user;
    if (at.lane < warp_users) {
      standing(user) = number < users.size ? at_begin(mask, users[number], first)
                                           : Standing{std::numeric_limits<float>::infinity(), 0, nullptr, 0};
    }
    __syncwarp();  // the whole warp reads them
  }

  /// `wrong` stays 0 as long as all scores are finite.
  __device__ void take(const Place& at, std::int32_t first, std::int32_t items, const float (&scores)[own][own],
                       Rows& rows, float& wrong) const {
    constexpr unsigned lanes_of_first = 0x33333333U;  // of the two rows
    unsigned above = 0;                               // two bits a row of a lane
#pragma unroll
    for (int r = 0; r < own; ++r) {
      float best = scores[r][0];
#pragma unroll
      for (int c = 0; c < own; ++c) {
        wrong = fmaf(scores[r][c], 0.0F, wrong);
        best = fmaxf(best, scores[r][c]);
      }
      const unsigned lanes = __ballot_sync(all_lanes, best > standing(at.user(r, at.half)).least);
      if ((lanes & lanes_of_first) != 0) above |= 1U << (2 * r);
      if ((lanes & ~lanes_of_first) != 0) above |= 2U << (2 * r);
    }
    while (above != 0) {
      const int wanted = (__ffs(static_cast<int>(above)) - 1) / 2;
#pragma unroll
      for (int r = 0; r < own; ++r) {  // registers have no index
        if (r == wanted) put_rows(at, scores[r], rows);
      }
      __syncwarp();  // both rows are there
#pragma unroll 1
      for (int half = 0; half < 2; ++half) {
        if ((above >> (2 * wanted + half) & 1U) != 0) offer_row(at, at.user(wanted, half), first, items, rows[half]);
      }
      __syncwarp();  // both have been read before the next two come
      above &= ~(3U << (2 * wanted));
    }
  }

  __device__ void end(const Place& at, DeviceSpan<const std::int32_t> users, float wrong) const {
    const bool finite = __all_sync(all_lanes, wrong == 0) != 0;
    const int user = at.warp * warp_users + at.lane;
    if (at.lane < warp_users && static_cast<std::int64_t>(blockIdx.x) * tile + user < users.size) {
      candidates.counts[list_of(user)] = finite ? standing(user).count : -1;
    }
  }

 private:
  __device__ void offer_row(const Place& at, int user, std::int32_t first, std::int32_t items, float* scores) const {
    extern __shared__ unsigned scratch[];
    Standing now = standing(user);
    offer(candidates, list_of(user), first, items, scores, scratch + at.warp * candidates.capacity, now);
    if (at.lane == 0) standing(user) = now;
    __syncwarp();  // the whole warp will read it
  }
};

template <typename Scores>
__global__ void __launch_bounds__(threads, 2)
    score_tiles_kernel(DeviceEmbeddingView model, DeviceSpan<const std::int32_t> users, Scores scores) {
  __shared__ __align__(16) Slab slabs[2];
  __shared__ __align__(16) Rows rows[warps];
  __shared__ float base[tile];
  const Place at = own_place();
  const std::int64_t first_user = static_cast<std::int64_t>(blockIdx.x) * tile;
  const auto items = static_cast<std::int32_t>(model.items.rows);
  const auto begin = static_cast<std::int32_t>(blockIdx.y) * scores.slice_items();
  const std::int32_t end = min(begin + scores.slice_items(), items);
  const auto quads = static_cast<int>(model.items.stride / 4);
  const int slabs_a_tile = (quads + 1) / 2;
  const int fetched = static_cast<int>(threadIdx.x) / 2;  // the user and the item whose quads this thread brings
  const std::int64_t last_user = users.size - 1;
  const float4* const user = row_of(model.users, users[min(first_user + fetched, last_user)]);
  const float4* item = row_of(model.items, begin + fetched);
  if (threadIdx.x < tile) {
    const std::int64_t number = first_user + threadIdx.x;
    base[threadIdx.x] = number < users.size ? model.offset + bias_of(model.user_bias, users[number]) : 0.0F;
  }
  scores.begin(at, users, begin);
  int now = 0;
  if (begin < end) put(fetch(user, item, quads, 0), slabs[now]);
  __syncthreads();  // the biases and the first slab are there
  float wrong = 0;
  for (std::int32_t first = begin; first < end; first += tile) {
    float sums[own][own] = {};
#pragma unroll 1
    for (int slab = 1; slab <= slabs_a_tile; ++slab) {
      const bool last = slab == slabs_a_tile;
      if (last) item = row_of(model.items, first + tile + fetched);
      const Quads next = fetch(user, item, quads, last ? 0 : slab);
      multiply(slabs[now], at, sums);
      now ^= 1;
      put(next, slabs[now]);
      __syncthreads();  // the next slab is there, and all have read this one
    }
    add_biases(model.item_bias, first, base, at, sums);
    scores.take(at, first, items, sums, rows[at.warp], wrong);
  }
  scores.end(at, users, wrong);
}

}  // namespace

void score_items(Device& device, const DeviceEmbeddingView& model, DeviceSpan<const std::int32_t> users,
                 DeviceMatrixView<float> out) {
  EMBRACE_PHASE("score");
  if (out.rows == 0 || out.columns == 0) return;
  const unsigned blocks = blocks_for(users.size, tile);
  const Slices slices = cut_catalogue(device, blocks, out.columns, out.columns);
  score_tiles_kernel<<<dim3(blocks, static_cast<unsigned>(slices.count)), threads, 0, device.stream()>>>(
      model, users, Written{out, slices});
  EMBRACE_CHECK(cudaGetLastError());
}

void rank_items(Device& device, const DeviceEmbeddingView& model, const Ranking& ranking) {
  EMBRACE_PHASE("rank");
  if (ranking.lists.empty()) return;
  Candidates candidates(device, ranking.users.size, tile, model.items.rows, ranking.depth);
  const CandidatesView view = candidates.view();
  const auto shared = static_cast<std::size_t>(offering_shared_bytes(warps, ranking.depth));
  EMBRACE_CHECK(cudaFuncSetAttribute(score_tiles_kernel<Ranked>, cudaFuncAttributeMaxDynamicSharedMemorySize,
                                     static_cast<int>(shared)));
  for (std::int64_t first = 0; first < ranking.users.size; first += candidates.users()) {
    const Ranking part = ranking.part(first, std::min(candidates.users(), ranking.users.size - first));
    const dim3 grid(blocks_for(part.users.size, tile), static_cast<unsigned>(view.slices));
    score_tiles_kernel<<<grid, threads, shared, device.stream()>>>(model, part.users, Ranked{part.mask, view});
    EMBRACE_CHECK(cudaGetLastError());
    finish_lists(device, view, part);
  }
}

}  // namespace embrace::gpu
