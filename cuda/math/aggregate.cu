// count, Σ 2r and Σ (2r)² of ratings per row, where a rating r counts for one or more rows: its user and its item, or
// its user with each genre of its item. Integers, so that the atomic additions give the same bits in any order. A row's
// sums are two 64-bit words: count and Σ 2r share the first. The halves could run over after 2^27 ratings, so ratings
// are taken in parts of at most that many, each added to wide sums. Mapping: a block takes a run of ratings, a thread
// every 256th of them. Popular rows would make all blocks wait for the same few addresses; so a block keeps the rows
// that it meets first in a direct-mapped table in shared memory, popular ones surely among them, and writes each back
// once. Rows that find their place taken go to global memory. Cost: 12 bytes read a rating; the words stay in the L2
// cache. Bound by memory.
//
// Tags together: movies with tags a and b = popcount(A & B) over bitmaps of movies, one a tag.
// Mapping: a block a tile of 16 × 16 pairs, a thread a pair; 64 words of each of the 32 tags at a time in shared
// memory. Cost: tags² · movies / 32 word operations; 1000 tags on 60,000 movies are 2 · 10^9.
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

/// Which rows a rating counts for: apply(row) for each.
struct UserAndItem {
  std::int64_t users;
  DeviceSpan<const std::int32_t> user, item;
  template <typename Apply>
  __device__ void operator()(std::int64_t e, Apply apply) const {
    apply(user[e]);
    apply(users + item[e]);
  }
};
struct UserAndGenre {
  DeviceCsrView genres;
  DeviceSpan<const std::int32_t> user, item;
  template <typename Apply>
  __device__ void operator()(std::int64_t e, Apply apply) const {
    for (std::int64_t g = genres.begin(item[e]); g < genres.end(item[e]); ++g) {
      apply(user[e] * genres.columns + genres.indices[g]);
    }
  }
};
struct Key {
  DeviceSpan<const std::int32_t> keys;
  template <typename Apply>
  __device__ void operator()(std::int64_t e, Apply apply) const {
    apply(keys[e]);
  }
};

/// `values` may be empty: then only the counts mean something. `illegal` is set when a value is no half star.
template <typename Rows>
__global__ void __launch_bounds__(threads)
    aggregate_kernel(std::int64_t first, std::int64_t last, Rows rows, DeviceSpan<const float> values,
                     DeviceSpan<Sums> sums, DeviceSpan<int> illegal) {
  __shared__ Cache cache;
  cache.clear();
  __syncthreads();  // the table is empty before anybody looks for a place
  const std::int64_t begin = first + static_cast<std::int64_t>(blockIdx.x) * ratings_a_block;
  const std::int64_t end = begin + ratings_a_block < last ? begin + ratings_a_block : last;
  for (std::int64_t e = begin + threadIdx.x; e < end; e += threads) {
    const float doubled = values.empty() ? 0.0F : 2 * values[e];
    const bool legal = doubled >= 0 && doubled < 32 && doubled == truncf(doubled);
    if (!legal) atomicOr(&illegal[0], 1);
    const Word half = legal ? static_cast<Word>(doubled) : 0;
    rows(e, [&](std::int64_t row) { cache.add_rating(row, {1 | half << 32U, half * half}, sums); });
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

template <typename Rows>
DeviceAggregates aggregate(Device& device, std::int64_t row_count, std::int64_t ratings, Rows rows,
                           DeviceSpan<const float> values) {
  EMBRACE_PHASE("aggregate");
  DeviceAggregates result{{device, row_count}, {device, row_count}, {device, row_count}};
  for (auto* column : {&result.count, &result.half_stars, &result.quarter_stars}) column->clear();
  DeviceBuffer<Sums> sums(device, row_count);
  DeviceBuffer<int> illegal(device, 1);
  illegal.clear();
  for (std::int64_t first = 0; first < ratings; first += ratings_a_part) {
    const std::int64_t last = std::min(first + ratings_a_part, ratings);
    sums.clear();
    aggregate_kernel<<<blocks_for(last - first, ratings_a_block), threads, 0, device.stream()>>>(
        first, last, rows, values, sums.span(), illegal.span());
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

constexpr int tile = 16;
constexpr int words_at_a_time = 64;

__global__ void __launch_bounds__(threads)
    mark_tags_kernel(DeviceCsrView tagged, std::int64_t words, DeviceSpan<std::uint32_t> bitmaps) {
  const std::int64_t row = static_cast<std::int64_t>(blockIdx.x) * threads + threadIdx.x;
  if (row >= tagged.rows) return;
  for (std::int64_t e = tagged.begin(row); e < tagged.end(row); ++e) {
    atomicOr(&bitmaps[tagged.indices[e] * words + row / 32], 1U << (row % 32));
  }
}

__global__ void __launch_bounds__(tile* tile)
    count_together_kernel(std::int64_t tags, std::int64_t words, DeviceSpan<const std::uint32_t> bitmaps,
                          DeviceSpan<std::int32_t> together) {
  // A column more than is used: the threads of a warp read one column of `right`, which then lies in different banks.
  __shared__ std::uint32_t left[tile][words_at_a_time], right[tile][words_at_a_time + 1];
  const int x = static_cast<int>(threadIdx.x) % tile, y = static_cast<int>(threadIdx.x) / tile;
  const std::int64_t first_row = static_cast<std::int64_t>(blockIdx.y) * tile;
  const std::int64_t first_column = static_cast<std::int64_t>(blockIdx.x) * tile;
  std::int32_t count = 0;
  for (std::int64_t begin = 0; begin < words; begin += words_at_a_time) {
    for (int i = static_cast<int>(threadIdx.x); i < tile * words_at_a_time; i += tile * tile) {
      const int tag = i / words_at_a_time, word = i % words_at_a_time;
      const bool inside = begin + word < words;
      left[tag][word] = inside && first_row + tag < tags ? bitmaps[(first_row + tag) * words + begin + word] : 0;
      right[tag][word] = inside && first_column + tag < tags ? bitmaps[(first_column + tag) * words + begin + word] : 0;
    }
    __syncthreads();  // the words are there before they are read
    for (int word = 0; word < words_at_a_time; ++word) count += __popc(left[y][word] & right[x][word]);
    __syncthreads();  // all have read them before the next ones come
  }
  const std::int64_t row = first_row + y, column = first_column + x;
  if (row < tags && column < tags) together[row * tags + column] = count;
}

}  // namespace

DeviceAggregates aggregate_ratings(Device& device, std::int64_t users, std::int64_t items, DeviceTriplesView ratings) {
  return aggregate(device, users + items, ratings.values.size, UserAndItem{users, ratings.rows, ratings.columns},
                   ratings.values);
}

DeviceAggregates aggregate_by_genre(Device& device, std::int64_t users, DeviceCsrView genres,
                                    DeviceTriplesView ratings) {
  return aggregate(device, users * genres.columns, ratings.values.size,
                   UserAndGenre{genres, ratings.rows, ratings.columns}, ratings.values);
}

DeviceBuffer<std::int64_t> count_keys(Device& device, std::int64_t rows, DeviceSpan<const std::int32_t> keys) {
  return aggregate(device, rows, keys.size, Key{keys}, {}).count;
}

DeviceBuffer<std::int32_t> count_together(Device& device, DeviceCsrView tagged) {
  EMBRACE_PHASE("tags together");
  const std::int64_t tags = tagged.columns, words = (tagged.rows + 31) / 32;
  DeviceBuffer<std::uint32_t> bitmaps(device, tags * words);
  DeviceBuffer<std::int32_t> together(device, tags * tags);
  if (tags == 0) return together;
  bitmaps.clear();
  mark_tags_kernel<<<blocks_for(tagged.rows, threads), threads, 0, device.stream()>>>(tagged, words, bitmaps.span());
  EMBRACE_CHECK(cudaGetLastError());
  const dim3 tiles(blocks_for(tags, tile), blocks_for(tags, tile));
  count_together_kernel<<<tiles, tile * tile, 0, device.stream()>>>(tags, words, bitmaps.span(), together.span());
  EMBRACE_CHECK(cudaGetLastError());
  return together;
}

}  // namespace embrace::gpu
