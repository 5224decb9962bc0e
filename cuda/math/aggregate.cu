// count, Σ r and Σ r² of ratings per user and per item. Half stars are counted as Σ 2r and Σ (2r)²: integers, so that
// the atomic additions give the same bits in any order. A row's sums are two 64-bit words: count and Σ 2r share the
// first. The halves could run over after 2^27 ratings, so ratings are taken in parts of at most that many, each added
// to wide sums. Mapping: a block takes a run of ratings, a thread every 256th of them. Popular rows would make all
// blocks wait for the same few addresses; so a block keeps the rows that it meets first in a direct-mapped table in
// shared memory, popular ones surely among them, and writes each back once. Rows that find their place taken go to
// global memory. Cost: 12 bytes read a rating; two atomic additions a rating and side, in shared memory, or in the L2
// cache, where 32 bytes move for each: tests/golden/counts.md has how many. Ratings that are no half stars are sorted
// by row instead, stably, and a thread a row adds them up in their order: the cost of cuda/math/sparse.cu, and of the
// longest row. The host waits once, to hear which of the two it is.
#include <algorithm>

#include "cuda/device/phase.hpp"
#include "cuda/math/aggregate.hpp"
#include "cuda/math/reduce.cuh"
#include "cuda/math/sparse.hpp"

namespace embrace::gpu {
namespace {

using Word = unsigned long long;  // what atomicAdd takes

constexpr int threads = 256;
constexpr std::int64_t ratings_a_block = threads * 32;
constexpr std::int64_t ratings_a_part = std::int64_t{1} << 27U;
constexpr int cached_rows = 4096;
constexpr std::uint32_t nobody = 0xffffffffU;

constexpr unsigned half_bits = 18;  // of a block's Σ 2r
static_assert(ratings_a_block * 31 < 1 << half_bits && ratings_a_block < 1 << (32 - half_bits) &&
              ratings_a_block * 31 * 31 < std::int64_t{1} << 32U);

struct Sums {
  Word count_and_half;
  Word quarter;
};

/// The rows that a block has met first, one a place. What a block can add to a row has 32 bits, of which atomic
/// additions in shared memory are one instruction; of 64 bits they are a loop.
struct Cache {
  std::uint32_t row[cached_rows];
  std::uint32_t count_and_half[cached_rows];
  std::uint32_t quarter[cached_rows];

  __device__ void clear() {
    for (int place = static_cast<int>(threadIdx.x); place < cached_rows; place += threads) {
      row[place] = nobody;
      count_and_half[place] = 0;
      quarter[place] = 0;
    }
  }
  /// Whether the row has the place, or could take it.
  __device__ bool mine(std::uint32_t to, std::uint32_t place) {
    std::uint32_t found = *static_cast<volatile std::uint32_t*>(&row[place]);
    if (found == nobody) found = atomicCAS(&row[place], nobody, to);
    return found == to || found == nobody;
  }
  // Two branches: a reference to either memory would be to neither, and its atomic additions a search for the right
  // one.
  __device__ void add_rating(std::uint32_t to, std::uint32_t half, DeviceSpan<Sums> global) {
    const std::uint32_t place = to % cached_rows;
    if (mine(to, place)) {
      atomicAdd(&count_and_half[place], 1U << half_bits | half);
      atomicAdd(&quarter[place], half * half);
    } else {
      atomicAdd(&global[to].count_and_half, 1 | static_cast<Word>(half) << 32U);
      atomicAdd(&global[to].quarter, static_cast<Word>(half * half));
    }
  }
  __device__ void write_back(DeviceSpan<Sums> global) const {
    for (int place = static_cast<int>(threadIdx.x); place < cached_rows; place += threads) {
      if (row[place] == nobody) continue;
      Sums& to = global[row[place]];
      const Word count = count_and_half[place] >> half_bits, half = count_and_half[place] & ((1U << half_bits) - 1);
      atomicAdd(&to.count_and_half, count | half << 32U);
      atomicAdd(&to.quarter, static_cast<Word>(quarter[place]));
    }
  }
};

/// Rows are all users, then all items. `illegal` is set when a value is no half star.
__global__ void __launch_bounds__(threads)
    aggregate_kernel(std::int64_t first, std::int64_t last, std::uint32_t users, DeviceTriplesView ratings,
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
    const std::uint32_t half = legal ? static_cast<std::uint32_t>(doubled) : 0;
    cache.add_rating(static_cast<std::uint32_t>(ratings.rows[e]), half, sums);
    cache.add_rating(users + static_cast<std::uint32_t>(ratings.columns[e]), half, sums);
  }
  __syncthreads();  // all ratings of the block are in the table
  cache.write_back(sums);
}

/// Adds a part to what the parts before gave. Doubles hold multiples of 1/4 of this size exactly.
__global__ void __launch_bounds__(threads)
    widen_kernel(DeviceSpan<const Sums> sums, bool first_part, DeviceSpan<std::int64_t> count, DeviceSpan<double> sum,
                 DeviceSpan<double> squares) {
  const std::int64_t row = static_cast<std::int64_t>(blockIdx.x) * threads + threadIdx.x;
  if (row >= sums.size) return;
  const auto here = static_cast<std::int64_t>(sums[row].count_and_half & 0xffffffffU);
  const double values = 0.5 * static_cast<double>(sums[row].count_and_half >> 32U);
  const double products = 0.25 * static_cast<double>(sums[row].quarter);
  count[row] = first_part ? here : count[row] + here;
  sum[row] = first_part ? values : sum[row] + values;
  squares[row] = first_part ? products : squares[row] + products;
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
  DeviceBuffer<Sums> sums(device, row_count);
  DeviceBuffer<int> illegal(device, 1);
  illegal.clear();
  for (std::int64_t first = 0; first == 0 || first < size; first += ratings_a_part) {
    const std::int64_t last = std::min(first + ratings_a_part, size);
    sums.clear();
    aggregate_kernel<<<blocks_for(last - first, ratings_a_block), threads, 0, device.stream()>>>(
        first, last, static_cast<std::uint32_t>(users), ratings, sums.span(), illegal.span());
    EMBRACE_CHECK(cudaGetLastError());
    widen_kernel<<<blocks_for(row_count, threads), threads, 0, device.stream()>>>(
        sums.span(), first == 0, result.count.span(), result.sum.span(), result.squares.span());
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
