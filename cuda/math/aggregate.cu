// count, Σ 2r and Σ (2r)² of ratings per user and per item. Integers, so that the atomic additions give the same bits
// in any order. A row's sums are two 64-bit words: count and Σ 2r share the first. The halves could run over after 2^27
// ratings, so ratings are taken in parts of at most that many, each added to wide sums. Mapping: a block takes a run of
// ratings, a thread every 256th of them. Popular rows would make all blocks wait for the same few addresses; so a block
// keeps the rows that it meets first in a direct-mapped table in shared memory, popular ones surely among them, and
// writes each back once. Rows that find their place taken go to global memory. Cost: 12 bytes read a rating; the words
// stay in the L2 cache. Bound by memory.
#include <algorithm>
#include <stdexcept>

#include "cuda/device/phase.hpp"
#include "cuda/math/aggregate.hpp"
#include "cuda/math/reduce.cuh"

namespace embrace::gpu {
namespace {

using Word = unsigned long long;  // what atomicAdd takes

constexpr int threads = 256;
constexpr std::int64_t ratings_a_block = threads * 64;
constexpr std::int64_t ratings_a_part = std::int64_t{1} << 27U;
constexpr int cached_rows = 2048;
constexpr std::int64_t nobody = -1;

struct Sums {
  Word count_and_half;
  Word quarter;
};

__device__ void add(Sums& to, Sums from) {
  atomicAdd(&to.count_and_half, from.count_and_half);
  atomicAdd(&to.quarter, from.quarter);
}

/// The rows that a block has met first, one a place.
struct Cache {
  long long row[cached_rows];
  Sums sums[cached_rows];

  __device__ void clear() {
    for (int place = static_cast<int>(threadIdx.x); place < cached_rows; place += threads) {
      row[place] = nobody;
      sums[place] = {0, 0};
    }
  }
  __device__ void add_rating(std::int64_t to, Sums rating, DeviceSpan<Sums> global) {
    const auto place = static_cast<int>(to % cached_rows);
    const auto key = static_cast<Word>(to);
    const Word found = atomicCAS(reinterpret_cast<Word*>(&row[place]), static_cast<Word>(nobody), key);
    add(found == static_cast<Word>(nobody) || found == key ? sums[place] : global[to], rating);
  }
  __device__ void write_back(DeviceSpan<Sums> global) const {
    for (int place = static_cast<int>(threadIdx.x); place < cached_rows; place += threads) {
      if (row[place] != nobody) add(global[row[place]], sums[place]);
    }
  }
};

/// Rows are all users, then all items. `illegal` is set when a value is no half star.
__global__ void __launch_bounds__(threads)
    aggregate_kernel(std::int64_t first, std::int64_t last, std::int64_t users, DeviceTriplesView ratings,
                     DeviceSpan<Sums> sums, DeviceSpan<int> illegal) {
  __shared__ Cache cache;
  cache.clear();
  __syncthreads();  // the table is empty before anybody looks for a place
  const std::int64_t begin = first + static_cast<std::int64_t>(blockIdx.x) * ratings_a_block;
  const std::int64_t end = begin + ratings_a_block < last ? begin + ratings_a_block : last;
  for (std::int64_t e = begin + threadIdx.x; e < end; e += threads) {
    const float doubled = 2 * ratings.values[e];
    const bool legal = doubled >= 0 && doubled < 32 && doubled == truncf(doubled);
    if (!legal) atomicOr(&illegal[0], 1);
    const Word half = legal ? static_cast<Word>(doubled) : 0;
    cache.add_rating(ratings.rows[e], {1 | half << 32U, half * half}, sums);
    cache.add_rating(users + ratings.columns[e], {1 | half << 32U, half * half}, sums);
  }
  __syncthreads();  // all ratings of the block are in the table
  cache.write_back(sums);
}

__global__ void __launch_bounds__(threads)
    widen_kernel(DeviceSpan<const Sums> sums, DeviceSpan<std::int64_t> count, DeviceSpan<std::int64_t> half,
                 DeviceSpan<std::int64_t> quarter) {
  const std::int64_t row = static_cast<std::int64_t>(blockIdx.x) * threads + threadIdx.x;
  if (row >= sums.size) return;
  count[row] += static_cast<std::int64_t>(sums[row].count_and_half & 0xffffffffU);
  half[row] += static_cast<std::int64_t>(sums[row].count_and_half >> 32U);
  quarter[row] += static_cast<std::int64_t>(sums[row].quarter);
}

}  // namespace

DeviceAggregates aggregate_ratings(Device& device, std::int64_t users, std::int64_t items, DeviceTriplesView ratings) {
  EMBRACE_PHASE("aggregate");
  const std::int64_t row_count = users + items, size = ratings.values.size;
  DeviceAggregates result{{device, row_count}, {device, row_count}, {device, row_count}};
  for (auto* column : {&result.count, &result.half_stars, &result.quarter_stars}) column->clear();
  DeviceBuffer<Sums> sums(device, row_count);
  DeviceBuffer<int> illegal(device, 1);
  illegal.clear();
  for (std::int64_t first = 0; first < size; first += ratings_a_part) {
    const std::int64_t last = std::min(first + ratings_a_part, size);
    sums.clear();
    aggregate_kernel<<<blocks_for(last - first, ratings_a_block), threads, 0, device.stream()>>>(
        first, last, users, ratings, sums.span(), illegal.span());
    EMBRACE_CHECK(cudaGetLastError());
    widen_kernel<<<blocks_for(row_count, threads), threads, 0, device.stream()>>>(
        sums.span(), result.count.span(), result.half_stars.span(), result.quarter_stars.span());
    EMBRACE_CHECK(cudaGetLastError());
  }
  if (illegal.download()[0] != 0) {
    throw std::invalid_argument("aggregate_ratings: a rating is no multiple of 1/2 in [0, 15.5]");
  }
  return result;
}

}  // namespace embrace::gpu
