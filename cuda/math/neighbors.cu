// s(a, b) = <a, b> / (|a|^(2 e) |b|^(2 (1 - e)) + shrinkage), and of each row a the best b: host/math/neighbors.hpp.
// Mapping: a block a row at a time, as many blocks as the device runs and memory for products allows, which take turns.
//   A block adds up the products with all others (cuda/math/row_products.cuh), makes similarities of them, finds
//   the one that the last of the best has, 8 of its bits at a time by counting how many have which, and writes those
//   above it and the first that equal it, ascending. Positive floats are in the order of their bits. Counts are whole
//   numbers, so that it does not matter who counts first; a last kernel closes the gaps between rows.
// Cost: of the products that of row_products.cuh; then the others are written twice and read six times, 32 bytes each
//   from the level 2 cache, and 24 bytes a neighbour. Where fewer are similar than are wanted they are read twice.
#include <algorithm>
#include <utility>

#include "cuda/device/phase.hpp"
#include "cuda/math/block_places.cuh"
#include "cuda/math/neighbors.hpp"
#include "cuda/math/row_products.cuh"
#include "host/array.hpp"

namespace embrace::gpu {
namespace {

constexpr int threads = 256;
constexpr int digit_bits = 8;
constexpr int digits = 1 << digit_bits;
static_assert(digits == threads, "a thread counts for each digit");
constexpr std::int64_t blocks_a_multiprocessor = 8;               // four at a time, so that the last ones are few
constexpr std::int64_t product_bytes = std::int64_t{256} << 20U;  // for some hundred rows of 100,000 others each

struct Work {
  SparseFactors factors;                       // rows, and the others by column
  DeviceSpan<const std::int32_t> order;        // of rows
  DeviceSpan<const float> lengths, of_others;  // to their powers
  float shrinkage;
  DeviceMatrixView<float> products;  // a row a block
  std::int32_t most;                 // neighbours of a row
  DeviceSpan<std::int32_t> found;    // `most` places a row
  DeviceSpan<float> similarities;    // likewise
  DeviceSpan<std::int32_t> counts;   // of neighbours of each row
};

struct Scratch {
  StagedEntries<threads> staged;
  BlockScratch<threads, std::int32_t> similar, places[2];
  std::int32_t counts[digits];
  std::int32_t digit, larger;
};

/// The similarity of the last of the best, as bits, and how many that equal it are among them.
struct Limit {
  std::uint32_t bits = 0;
  std::int32_t ties = 0;
};

/// Products become similarities, 0 for those that are no neighbours. How many neighbours there are.
__device__ std::int32_t compare(const Work& work, std::int64_t row, float* products, Scratch& scratch) {
  const float length = work.lengths[row];
  std::int32_t similar = 0;
  for (std::int64_t other = threadIdx.x; other < work.products.columns; other += threads) {
    const float product = products[other];
    const bool counts = product > 0 && other != row;
    const float divisor = __fadd_rn(__fmul_rn(length, work.of_others[other]), work.shrinkage);
    const float similarity = counts ? product / divisor : 0.0F;
    products[other] = similarity;
    similar += similarity > 0 ? 1 : 0;
  }
  return block_total<threads>(similar, scratch.similar);
}

/// Of the `wanted` best; there are more.
__device__ Limit find_limit(DeviceSpan<const float> similarities, std::int32_t wanted, Scratch& scratch) {
  const int thread = static_cast<int>(threadIdx.x);
  Limit limit{0, wanted};
  for (int shift = 32 - digit_bits; shift >= 0; shift -= digit_bits) {
    scratch.counts[thread] = 0;
    __syncthreads();  // all are zero before any is counted
    const bool first = shift == 32 - digit_bits;
    for (std::int64_t other = thread; other < similarities.size; other += threads) {
      const std::uint32_t bits = __float_as_uint(similarities[other]);
      const bool begins_alike = first || bits >> (shift + digit_bits) == limit.bits >> (shift + digit_bits);
      if (bits != 0 && begins_alike) atomicAdd(&scratch.counts[bits >> shift & (digits - 1)], 1);
    }
    __syncthreads();                        // all are counted
    const int digit = digits - 1 - thread;  // threads go down
    const std::int32_t here = scratch.counts[digit];
    const std::int32_t larger = block_places<threads>(here, scratch.places[0]).before;
    if (larger < limit.ties && limit.ties <= larger + here) {  // one thread
      scratch.digit = digit;
      scratch.larger = larger;
    }
    __syncthreads();  // the digit is there
    limit.bits |= static_cast<std::uint32_t>(scratch.digit) << shift;
    limit.ties -= scratch.larger;
  }
  return limit;
}

/// Writes the neighbours of a row; how many there are.
__device__ std::int32_t keep(DeviceSpan<const float> similarities, Limit limit, std::int32_t* found, float* kept,
                             Scratch& scratch) {
  constexpr int half = 16;  // bits of a count, of which two are made at once
  constexpr std::int32_t lower = (1 << half) - 1;
  std::int32_t count = 0;
  int turn = 0;
  for (std::int64_t first = 0; first < similarities.size; first += threads, turn ^= 1) {
    const std::int64_t other = first + threadIdx.x;
    const float similarity = other < similarities.size ? similarities[other] : 0.0F;
    const std::uint32_t bits = __float_as_uint(similarity);
    const bool above = bits > limit.bits, equal = bits == limit.bits && bits != 0;
    const BlockPlaces places = block_places<threads>((above ? 1 : 0) | (equal ? 1 << half : 0), scratch.places[turn]);
    const std::int32_t equal_before = places.before >> half;
    if (above || (equal && equal_before < limit.ties)) {
      const std::int32_t place = count + (places.before & lower) + min(equal_before, limit.ties);
      found[place] = static_cast<std::int32_t>(other);
      kept[place] = similarity;
    }
    const std::int32_t ties = min(places.all >> half, limit.ties);
    count += (places.all & lower) + ties;
    limit.ties -= ties;
  }
  return count;
}

/// One block is asked for, since the compiler would spill for the sake of more.
__global__ void __launch_bounds__(threads, 1) find_neighbors_kernel(Work work) {
  __shared__ Scratch scratch;
  const std::int64_t others = work.products.columns;
  float* const products = work.products.row(blockIdx.x);
  for (std::int64_t place = blockIdx.x; place < work.order.size; place += gridDim.x) {
    const std::int64_t row = work.order[place];
    for (std::int64_t other = threadIdx.x; other < others; other += threads) products[other] = 0;
    add_row_product<threads>(work.factors, row, products, scratch.staged);
    Limit limit;  // as it is: all that are similar at all
    if (compare(work, row, products, scratch) > work.most) limit = find_limit({products, others}, work.most, scratch);
    const std::int32_t count = keep({products, others}, limit, work.found.data + row * work.most,
                                    work.similarities.data + row * work.most, scratch);
    if (threadIdx.x == 0) work.counts[row] = count;
  }
}

/// A warp a row.
__global__ void __launch_bounds__(threads)
    find_lengths_kernel(DeviceCsrView rows, double power, DeviceSpan<float> lengths) {
  const std::int64_t row = (static_cast<std::int64_t>(blockIdx.x) * threads + threadIdx.x) / warp_size;
  if (row >= rows.rows) return;  // a whole warp
  const int lane = static_cast<int>(threadIdx.x) % warp_size;
  double squares = 0;
  for (std::int64_t e = rows.begin(row) + lane; e < rows.end(row); e += warp_size) {
    const auto value = static_cast<double>(value_of(rows, e));
    squares += value * value;
  }
  squares = group_sum<warp_size>(squares);
  if (lane == 0) lengths[row] = static_cast<float>(pow(squares, power));
}

/// A warp a row.
__global__ void __launch_bounds__(threads)
    close_gaps_kernel(DeviceSpan<const std::int64_t> offsets, std::int64_t most, DeviceSpan<const std::int32_t> found,
                      DeviceSpan<const float> similarities, DeviceSpan<std::int32_t> indices,
                      DeviceSpan<float> values) {
  const std::int64_t row = (static_cast<std::int64_t>(blockIdx.x) * threads + threadIdx.x) / warp_size;
  if (row + 1 >= offsets.size) return;
  const std::int64_t begin = offsets[row], count = offsets[row + 1] - begin;
  for (std::int64_t n = threadIdx.x % warp_size; n < count; n += warp_size) {
    indices[begin + n] = found[row * most + n];
    values[begin + n] = similarities[row * most + n];
  }
}

std::int64_t blocks_of(const Device& device, std::int64_t rows, std::int64_t others) {
  const std::int64_t room = std::max<std::int64_t>(1, product_bytes / (4 * std::max<std::int64_t>(others, 1)));
  return std::min({rows, room, blocks_a_multiprocessor * device.multiprocessors()});
}

DeviceBuffer<float> lengths_of(Device& device, DeviceCsrView rows, double power) {
  DeviceBuffer<float> lengths(device, rows.rows);
  if (rows.rows == 0) return lengths;
  find_lengths_kernel<<<blocks_for(rows.rows, threads / warp_size), threads, 0, device.stream()>>>(rows, power,
                                                                                                   lengths.span());
  EMBRACE_CHECK(cudaGetLastError());
  return lengths;
}

/// Neighbours as they were found, `most` places a row.
struct Found {
  Found(Device& device, std::int64_t rows, std::int64_t most_of_a_row)
      : most(most_of_a_row), indices(device, rows * most), similarities(device, rows * most), counts(device, rows) {
    counts.clear();
  }
  std::int64_t most;
  DeviceBuffer<std::int32_t> indices;
  DeviceBuffer<float> similarities;
  DeviceBuffer<std::int32_t> counts;
};

/// Without the gaps; waits.
DeviceCsr rows_of(Device& device, const Found& found, std::int64_t columns) {
  Array<std::int64_t> ends{0};
  for (const std::int32_t count : found.counts.download()) ends.push_back(ends.back() + count);
  const std::int64_t rows = found.counts.size();
  DeviceBuffer<std::int64_t> offsets(device, Span<const std::int64_t>(ends));
  DeviceBuffer<std::int32_t> indices(device, ends.back());
  DeviceBuffer<float> values(device, ends.back());
  if (ends.back() > 0) {
    close_gaps_kernel<<<blocks_for(rows, threads / warp_size), threads, 0, device.stream()>>>(
        std::as_const(offsets).span(), found.most, found.indices.span(), found.similarities.span(), indices.span(),
        values.span());
    EMBRACE_CHECK(cudaGetLastError());
  }
  return {std::move(offsets), std::move(indices), std::move(values), rows, columns};
}

}  // namespace

DeviceCsr nearest_rows(Device& device, const NeighborSearch& search, const NeighborSettings& settings) {
  EMBRACE_PHASE("neighbors");
  const std::int64_t rows = search.rows.rows, others = search.others.rows;
  Found found(device, rows, most_neighbors(others, settings));
  if (!search.order.empty() && found.most > 0) {
    const DeviceBuffer<float> lengths = lengths_of(device, search.rows, settings.exponent),
                              of_others = lengths_of(device, search.others, 1 - settings.exponent);
    const std::int64_t blocks = blocks_of(device, search.order.size, others);
    DeviceBuffer<float> products(device, blocks * others);
    const Work work{.factors = {search.rows, search.by_column},
                    .order = search.order,
                    .lengths = lengths.span(),
                    .of_others = of_others.span(),
                    .shrinkage = static_cast<float>(settings.shrinkage),
                    .products = {products.span().data, blocks, others, others},
                    .most = static_cast<std::int32_t>(found.most),
                    .found = found.indices.span(),
                    .similarities = found.similarities.span(),
                    .counts = found.counts.span()};
    find_neighbors_kernel<<<static_cast<unsigned>(blocks), threads, 0, device.stream()>>>(work);
    EMBRACE_CHECK(cudaGetLastError());
  }
  return rows_of(device, found, others);
}

std::int64_t nearest_rows_bytes(const Device& device, std::int64_t rows, std::int64_t others,
                                const NeighborSettings& settings) {
  const std::int64_t places = rows * most_neighbors(others, settings);
  return 4 * (rows + others) + 4 * blocks_of(device, rows, others) * others + 8 * places + 4 * rows +
         neighbors_bytes(rows, others, settings);
}

std::int64_t neighbors_bytes(std::int64_t rows, std::int64_t others, const NeighborSettings& settings) {
  return 8 * (rows + 1) + 8 * rows * most_neighbors(others, settings);
}

std::int64_t most_neighbors(std::int64_t others, const NeighborSettings& settings) {
  return std::clamp<std::int64_t>(settings.count, 0, std::max<std::int64_t>(others - 1, 0));
}

}  // namespace embrace::gpu
