// The `depth` first items of each row of scores. An item's key orders the list: the score's bits, mapped so that larger
// scores come first, then the item, so that no two keys are equal (host/metrics/ranking.cpp has the same key).
// Mapping: a block a row. Radix select from the highest digit: a histogram of 8 bits of the keys that share the digits
//   found so far, in shared memory, tells in which digit the last wanted key lies. It ends when the keys that remain
//   are all wanted, as a rule after two or three of eight digits. The wanted keys are collected and sorted by a bitonic
//   network in shared memory.
// Cost: 4 bytes a score and digit, from the L2 cache but for the first; 1 shared atomic a score that is still in.
#include <algorithm>
#include <limits>
#include <stdexcept>

#include "cuda/device/phase.hpp"
#include "cuda/math/rank.hpp"
#include "cuda/math/reduce.cuh"
#include "host/error.hpp"

namespace embrace::gpu {
namespace {

constexpr int threads = 256;
constexpr int digits = 8;    // of a 64-bit key
constexpr int values = 256;  // of a digit
using Key = unsigned long long;

__device__ float masked() { return -std::numeric_limits<float>::infinity(); }

__device__ Key key_of(float score, std::int64_t item) {
  const unsigned bits = __float_as_uint(score + 0.0F);  // -0 and 0 are one score
  const unsigned ascending = (bits & 0x80000000U) != 0 ? ~bits : bits | 0x80000000U;
  return static_cast<Key>(~ascending) << 32U | static_cast<unsigned>(item);
}

__global__ void __launch_bounds__(threads)
    find_infinite_kernel(DeviceMatrixView<const float> scores, DeviceSpan<int> found) {
  const std::int64_t item = static_cast<std::int64_t>(blockIdx.x) * threads + threadIdx.x;
  if (item >= scores.columns) return;
  for (std::int64_t row = blockIdx.y; row < scores.rows; row += gridDim.y) {
    if (!isfinite(scores(row, item))) atomicOr(&found[0], 1);
  }
}

/// A warp a row.
__global__ void __launch_bounds__(threads)
    mask_scores_kernel(DeviceSpan<const std::int32_t> users, DeviceCsrView mask, DeviceMatrixView<float> scores) {
  const std::int64_t row = (static_cast<std::int64_t>(blockIdx.x) * threads + threadIdx.x) / warp_size;
  if (row >= users.size) return;
  const std::int64_t user = users[row];
  for (std::int64_t e = mask.begin(user) + threadIdx.x % warp_size; e < mask.end(user); e += warp_size) {
    scores(row, mask.indices[e]) = masked();
  }
}

/// What a block knows of the search: the wanted keys are those below `prefix` in the digits found so far, and `wanted`
/// of those that equal it there.
struct Search {
  Key prefix;
  int wanted;
  bool all;  // every key with this prefix is wanted
};

/// Takes one digit further. Called by all threads; the result is in `search` after a barrier of its own.
__device__ void narrow(DeviceMatrixView<const float> scores, std::int64_t row, int digit, unsigned (&histogram)[values],
                       Search& search) {
  const int shift = 8 * (digits - 1 - digit);
  histogram[threadIdx.x] = 0;
  __syncthreads();  // the histogram is empty before anybody counts
  const Key prefix = search.prefix;
  for (std::int64_t item = threadIdx.x; item < scores.columns; item += threads) {
    const float score = scores(row, item);
    if (score == masked()) continue;
    const Key key = key_of(score, item);
    if (digit > 0 && (key ^ prefix) >> (shift + 8) != 0) continue;
    atomicAdd(&histogram[key >> shift & 0xffU], 1U);
  }
  __syncthreads();  // all have counted before one reads
  if (threadIdx.x == 0) {
    int rest = search.wanted;
    int value = 0;
    while (value < values - 1 && rest > static_cast<int>(histogram[value]))
      rest -= static_cast<int>(histogram[value++]);
    search = {prefix | static_cast<Key>(value) << shift, rest, rest >= static_cast<int>(histogram[value])};
  }
  __syncthreads();  // all see the narrower search
}

/// Sorts `size` keys, a power of two.
__device__ void sort_keys(Key* keys, int size) {
  for (int run = 2; run <= size; run *= 2) {
    for (int distance = run / 2; distance > 0; distance /= 2) {
      for (int i = static_cast<int>(threadIdx.x); i < size; i += threads) {
        const int partner = i ^ distance;
        if (partner <= i) continue;
        const bool ascending = (i & run) == 0;
        if ((keys[i] > keys[partner]) == ascending) {
          const Key smaller = keys[partner];
          keys[partner] = keys[i];
          keys[i] = smaller;
        }
      }
      __syncthreads();  // this round's exchanges are done before the next one's
    }
  }
}

__global__ void __launch_bounds__(threads) top_items_kernel(DeviceMatrixView<const float> scores, int depth,
                                                            DeviceSpan<std::int32_t> items, DeviceSpan<float> best) {
  static_assert(threads == values);  // a thread clears a counter
  __shared__ unsigned histogram[values];
  __shared__ Key list[longest_list];
  __shared__ Search search;
  __shared__ int collected;
  const std::int64_t row = blockIdx.x;
  if (threadIdx.x == 0) {
    search = {0, depth, false};
    collected = 0;
  }
  __syncthreads();  // the search begins with all keys
  int digit = 0;
  while (digit < digits && !search.all) {
    narrow(scores, row, digit, histogram, search);
    ++digit;
  }
  int size = 1;
  while (size < depth) size *= 2;
  for (int i = static_cast<int>(threadIdx.x); i < size; i += threads) list[i] = ~Key{0};  // places of a short catalogue
  __syncthreads();                                                                        // before the list is filled
  const int shift = 8 * (digits - digit);
  for (std::int64_t item = threadIdx.x; item < scores.columns; item += threads) {
    const float score = scores(row, item);
    if (score == masked()) continue;
    const Key key = key_of(score, item);
    if (shift == 64 || key >> shift <= search.prefix >> shift) list[atomicAdd(&collected, 1)] = key;
  }
  __syncthreads();  // the list is whole before it is sorted
  sort_keys(list, size);
  for (int i = static_cast<int>(threadIdx.x); i < depth; i += threads) {
    const bool there = i < collected;
    const auto item = static_cast<std::int32_t>(list[i] & 0xffffffffU);
    items[row * depth + i] = there ? item : -1;
    best[row * depth + i] = there ? scores(row, item) : masked();
  }
}

}  // namespace

void mask_scores(Device& device, DeviceSpan<const std::int32_t> users, DeviceCsrView mask,
                 DeviceMatrixView<float> scores) {
  EMBRACE_PHASE("mask");
  if (scores.rows == 0 || scores.columns == 0) return;
  DeviceBuffer<int> found(device, 1);
  found.clear();
  find_infinite_kernel<<<matrix_grid(scores.rows, scores.columns, threads), threads, 0, device.stream()>>>(
      scores, found.span());
  EMBRACE_CHECK(cudaGetLastError());
  mask_scores_kernel<<<blocks_for(scores.rows, threads / warp_size), threads, 0, device.stream()>>>(users, mask,
                                                                                                    scores);
  EMBRACE_CHECK(cudaGetLastError());
  if (found.download()[0] != 0) throw Diverged("score is not finite for an item to be ranked");
}

void top_items(Device& device, DeviceMatrixView<const float> scores, std::int64_t depth, DeviceSpan<std::int32_t> items,
               DeviceSpan<float> values) {
  EMBRACE_PHASE("top items");
  if (depth < 0 || depth > longest_list) throw std::invalid_argument("top_items: a list is too long");
  if (scores.rows == 0 || depth == 0) return;
  top_items_kernel<<<static_cast<unsigned>(scores.rows), threads, 0, device.stream()>>>(scores, static_cast<int>(depth),
                                                                                        items, values);
  EMBRACE_CHECK(cudaGetLastError());
}

}  // namespace embrace::gpu
