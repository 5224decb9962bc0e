// Cost of sorting: Thrust's radix sort takes all bits of a key, hence 4 passes for a row and 8 for a cell, each of
// which reads and writes keys and values: 64 bytes a rating and side for `aggregate`, 192 a rating for `csr` and a
// score for `rank`.
#include <thrust/binary_search.h>
#include <thrust/copy.h>
#include <thrust/execution_policy.h>
#include <thrust/for_each.h>
#include <thrust/iterator/counting_iterator.h>
#include <thrust/iterator/transform_iterator.h>
#include <thrust/reduce.h>
#include <thrust/sort.h>
#include <thrust/transform.h>

#include <algorithm>
#include <limits>
#include <map>

#include "bench/cases/by_thrust.hpp"

namespace embrace::cases {
namespace {

using gpu::Device;
using gpu::DeviceBuffer;
using gpu::DeviceSpan;

/// Where Thrust takes what it needs for a while: the pool that our own buffers come from.
class Scratch {
 public:
  using value_type = char;
  explicit Scratch(Device& device) : device_(&device) {}
  char* allocate(std::ptrdiff_t bytes) {
    DeviceBuffer<char> memory(*device_, bytes);
    char* const at = memory.span().data;
    held_.emplace(at, std::move(memory));
    return at;
  }
  void deallocate(char* at, std::size_t) { held_.erase(at); }

 private:
  Device* device_;
  std::map<char*, DeviceBuffer<char>> held_;
};

/// On the device's stream; the host waits only for a result that it needs.
auto policy_of(Scratch& scratch, const Device& device) { return thrust::cuda::par_nosync(scratch).on(device.stream()); }

/// What is known of a row's ratings.
struct RowSums {
  std::int64_t count;
  double sum, squares;
};
struct OfRating {
  __device__ RowSums operator()(float rating) const {
    const auto r = static_cast<double>(rating);
    return {1, r, r * r};
  }
};
struct Add {
  __device__ RowSums operator()(const RowSums& a, const RowSums& b) const {
    return {a.count + b.count, a.sum + b.sum, a.squares + b.squares};
  }
};
/// Puts the sums of the n-th row that has ratings where they belong.
struct Place {
  const std::int32_t* row;
  const RowSums* sums;
  DeviceSpan<std::int64_t> count;
  DeviceSpan<double> sum, squares;
  __device__ void operator()(std::int64_t n) const {
    count[row[n]] = sums[n].count;
    sum[row[n]] = sums[n].sum;
    squares[row[n]] = sums[n].squares;
  }
};

/// Of users, whose rows are the first of `out`, or items, which follow them.
void aggregate_side(Device& device, DeviceSpan<const std::int32_t> rows, DeviceSpan<const float> ratings,
                    std::int64_t first, std::int64_t count, gpu::DeviceAggregates& out) {
  Scratch scratch(device);
  const auto policy = policy_of(scratch, device);
  DeviceBuffer<std::int32_t> row(device, rows.size);
  DeviceBuffer<float> rating(device, rows.size);
  std::int32_t* const keys = row.span().data;
  float* const values = rating.span().data;
  thrust::copy_n(policy, rows.data, rows.size, keys);
  thrust::copy_n(policy, ratings.data, rows.size, values);
  thrust::sort_by_key(policy, keys, keys + rows.size, values);
  DeviceBuffer<std::int32_t> found(device, std::min(rows.size, count));
  DeviceBuffer<RowSums> sums(device, found.size());
  const auto ends =
      thrust::reduce_by_key(policy, keys, keys + rows.size, thrust::make_transform_iterator(values, OfRating{}),
                            found.span().data, sums.span().data, thrust::equal_to<std::int32_t>{}, Add{});
  thrust::for_each_n(policy, thrust::make_counting_iterator(std::int64_t{0}), ends.first - found.span().data,
                     Place{found.span().data, sums.span().data, out.count.span().part(first, count),
                           out.sum.span().part(first, count), out.squares.span().part(first, count)});
}

/// A cell's number: by row, then column.
struct Cell {
  __device__ std::uint64_t operator()(std::int32_t row, std::int32_t column) const {
    return static_cast<std::uint64_t>(row) << 32U | static_cast<std::uint32_t>(column);
  }
};
struct ColumnOf {
  __device__ std::int32_t operator()(std::uint64_t cell) const { return static_cast<std::int32_t>(cell & 0xFFFFFFFFU); }
};
struct FirstOfRow {
  __device__ std::uint64_t operator()(std::uint64_t row) const { return row << 32U; }
};

/// By row, then score descending; items in their order, since the sort is stable.
struct ScoreKey {
  gpu::DeviceMatrixView<const float> scores;
  __device__ std::uint64_t operator()(std::int64_t n) const {
    const std::int64_t row = n / scores.columns;
    const unsigned bits = __float_as_uint(scores(row, n % scores.columns) + 0.0F);  // -0 and 0 are one score
    const unsigned ascending = (bits & 0x80000000U) != 0 ? ~bits : bits | 0x80000000U;
    return static_cast<std::uint64_t>(row) << 32U | static_cast<std::uint32_t>(~ascending);
  }
};
struct ItemOf {
  std::int64_t items;
  __device__ std::int32_t operator()(std::int64_t n) const { return static_cast<std::int32_t>(n % items); }
};
struct TakeFirst {
  gpu::DeviceMatrixView<const float> scores;
  const std::int32_t* sorted;
  gpu::Ranking ranking;
  __device__ void operator()(std::int64_t place) const {
    const std::int64_t row = place / ranking.depth, rank = place % ranking.depth;
    const float masked = -std::numeric_limits<float>::infinity();
    const std::int32_t item = rank < scores.columns ? sorted[row * scores.columns + rank] : -1;
    const float value = item < 0 ? masked : scores(row, item);
    ranking.lists[place] = {value == masked ? -1 : item, value};
  }
};
struct MaskRow {
  gpu::Ranking ranking;
  gpu::DeviceMatrixView<float> scores;
  __device__ void operator()(std::int64_t row) const {
    const std::int64_t user = ranking.users[row];
    for (std::int64_t e = ranking.mask.begin(user); e < ranking.mask.end(user); ++e) {
      scores(row, ranking.mask.indices[e]) = -std::numeric_limits<float>::infinity();
    }
  }
};

}  // namespace

gpu::DeviceAggregates aggregate_by_thrust(Device& device, std::int64_t users, std::int64_t items,
                                          gpu::DeviceTriplesView ratings) {
  gpu::DeviceAggregates out{{device, users + items}, {device, users + items}, {device, users + items}};
  out.count.clear();
  out.sum.clear();
  out.squares.clear();
  aggregate_side(device, ratings.rows, ratings.values, 0, users, out);
  aggregate_side(device, ratings.columns, ratings.values, users, items, out);
  return out;
}

gpu::DeviceCsr csr_by_thrust(Device& device, std::int64_t rows, std::int64_t columns, gpu::DeviceTriplesView triples) {
  Scratch scratch(device);
  const auto policy = policy_of(scratch, device);
  const std::int64_t size = triples.values.size;
  DeviceBuffer<std::uint64_t> cells(device, size);
  DeviceBuffer<float> values(device, size);
  DeviceBuffer<std::int32_t> indices(device, size);
  DeviceBuffer<std::int64_t> offsets(device, rows + 1);
  std::uint64_t* const cell = cells.span().data;
  thrust::transform(policy, triples.rows.data, triples.rows.data + size, triples.columns.data, cell, Cell{});
  thrust::copy_n(policy, triples.values.data, size, values.span().data);
  thrust::stable_sort_by_key(policy, cell, cell + size, values.span().data);
  thrust::transform(policy, cell, cell + size, indices.span().data, ColumnOf{});
  const auto begins = thrust::make_transform_iterator(thrust::make_counting_iterator(std::uint64_t{0}), FirstOfRow{});
  thrust::lower_bound(policy, cell, cell + size, begins, begins + rows + 1, offsets.span().data);
  return {std::move(offsets), std::move(indices), std::move(values), rows, columns};
}

void rank_scores_by_thrust(Device& device, gpu::DeviceMatrixView<float> scores, const gpu::Ranking& ranking) {
  Scratch scratch(device);
  const auto policy = policy_of(scratch, device);
  const std::int64_t size = scores.rows * scores.columns;
  DeviceBuffer<std::uint64_t> keys(device, size);
  DeviceBuffer<std::int32_t> sorted(device, size);
  const auto numbers = thrust::make_counting_iterator(std::int64_t{0});
  thrust::for_each_n(policy, numbers, scores.rows, MaskRow{ranking, scores});
  thrust::transform(policy, numbers, numbers + size, keys.span().data, ScoreKey{scores});
  thrust::transform(policy, numbers, numbers + size, sorted.span().data, ItemOf{scores.columns});
  thrust::stable_sort_by_key(policy, keys.span().data, keys.span().data + size, sorted.span().data);
  thrust::for_each_n(policy, numbers, ranking.lists.size, TakeFirst{scores, sorted.span().data, ranking});
}

}  // namespace embrace::cases
