// count, Σ r and Σ r² of ratings per user and per item. Half stars are counted as Σ 2r and Σ (2r)²: integers, so that
// the atomic additions give the same bits in any order. A row's sums are two 64-bit words: count and Σ 2r share the
// first. The halves could run over after 2^27 ratings, so ratings are taken in parts of at most that many, each added
// to wide sums. Mapping: a block takes a run of ratings, a thread every 256th of them. Popular rows would make all
// blocks wait for the same few addresses; so a block keeps the rows that it meets first in a direct-mapped table in
// shared memory, popular ones surely among them, and writes each back once. Rows that find their place taken go to
// global memory. Cost: 12 bytes read a rating; the words stay in the L2 cache. Bound by memory. Ratings that are no
// half stars are sorted by row instead, stably, and a thread a row adds them up in their order: the cost of
// cuda/math/sparse.cu, and of the longest row.
#include <algorithm>

#include "cuda/device/phase.hpp"
#include "cuda/math/aggregate.hpp"
#include "cuda/math/reduce.cuh"
#include "cuda/math/sparse.hpp"

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

/// Doubles hold multiples of 1/4 of this size exactly.
__global__ void __launch_bounds__(threads) widen_kernel(DeviceSpan<const Sums> sums, DeviceSpan<std::int64_t> count,
                                                        DeviceSpan<double> sum, DeviceSpan<double> squares) {
  const std::int64_t row = static_cast<std::int64_t>(blockIdx.x) * threads + threadIdx.x;
  if (row >= sums.size) return;
  count[row] += static_cast<std::int64_t>(sums[row].count_and_half & 0xffffffffU);
  sum[row] += 0.5 * static_cast<double>(sums[row].count_and_half >> 32U);
  squares[row] += 0.25 * static_cast<double>(sums[row].quarter);
}

__global__ void __launch_bounds__(threads)
    sum_in_order_kernel(DeviceCsrView rows, DeviceSpan<double> sum, DeviceSpan<double> squares) {
  const std::int64_t row = static_cast<std::int64_t>(blockIdx.x) * threads + threadIdx.x;
  if (row >= rows.rows) return;
  double values = 0, products = 0;
  for (std::int64_t e = rows.begin(row); e < rows.end(row); ++e) {
    const auto value = static_cast<double>(rows.values[e]);
    values += value;
    products = __dadd_rn(products, __dmul_rn(value, value));  // as the CPU does, not fused
  }
  sum[row] = values;
  squares[row] = products;
}

/// A matrix of one column keeps the ratings of a row in the order given.
void sum_in_order(Device& device, std::int64_t rows, DeviceSpan<const std::int32_t> row, DeviceSpan<const float> values,
                  DeviceSpan<double> sum, DeviceSpan<double> squares) {
  if (rows == 0) return;
  DeviceBuffer<std::int32_t> no_column(device, row.size);
  no_column.clear();
  const DeviceCsr lists = csr_from_triples(device, rows, 1, {row, no_column.span(), values});
  sum_in_order_kernel<<<blocks_for(rows, threads), threads, 0, device.stream()>>>(lists.view(), sum, squares);
  EMBRACE_CHECK(cudaGetLastError());
}

}  // namespace

DeviceAggregates aggregate_ratings(Device& device, std::int64_t users, std::int64_t items, DeviceTriplesView ratings) {
  EMBRACE_PHASE("aggregate");
  const std::int64_t row_count = users + items, size = ratings.values.size;
  DeviceAggregates result{{device, row_count}, {device, row_count}, {device, row_count}};
  result.count.clear();
  result.sum.clear();
  result.squares.clear();
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
        sums.span(), result.count.span(), result.sum.span(), result.squares.span());
    EMBRACE_CHECK(cudaGetLastError());
  }
  if (illegal.download()[0] != 0) {
    sum_in_order(device, users, ratings.rows, ratings.values, result.sum.span().part(0, users),
                 result.squares.span().part(0, users));
    sum_in_order(device, items, ratings.columns, ratings.values, result.sum.span().part(users, items),
                 result.squares.span().part(users, items));
  }
  return result;
}

DeviceAggregates aggregate_ratings(Device& device, DeviceCsrView ratings) {
  const DeviceBuffer<std::int32_t> users = rows_of_entries(device, ratings);
  return aggregate_ratings(device, ratings.rows, ratings.columns, {users.span(), ratings.indices, ratings.values});
}

std::int64_t aggregate_bytes(CsrView ratings) {
  const std::int64_t rows = ratings.rows + ratings.columns;
  const std::int64_t longest = std::max(ratings.rows, ratings.columns);
  return 40 * rows + 4 + 8 * ratings.entries() + csr_from_triples_bytes(longest, ratings.entries());
}

}  // namespace embrace::gpu
