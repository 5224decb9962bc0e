// out(r, c) = Σ left(chosen[r], j) · right(j, c), for whole rows or for single elements.
// Whole rows: a block each, cuda/math/row_products.cuh, in the row of `out` itself. Cost: that, and 4 bytes a column.
// Elements: a warp each; lanes stride over the entries of the left row, and each bisects the right row that its entry
//   asks for. Sums meet in a fixed tree. Cost: 8 bytes an entry of the left row and as many steps of a bisection, 32
//   bytes each, as its right row's length has bits; bound by their latency.
#include <algorithm>
#include <numeric>

#include "cuda/math/row_products.cuh"
#include "host/array.hpp"

namespace embrace::gpu {
namespace {

constexpr int threads = 256;

__global__ void __launch_bounds__(threads)
    multiply_rows_kernel(SparseFactors factors, DeviceSpan<const std::int32_t> chosen, DeviceMatrixView<float> out) {
  __shared__ StagedEntries<threads> staged;
  const std::int64_t r = blockIdx.x;
  float* const row = out.row(r);
  for (std::int64_t c = threadIdx.x; c < out.columns; c += threads) row[c] = 0;
  add_row_product<threads>(factors, chosen[r], row, staged);
}

/// 0 where the matrix has no entry.
__device__ float element_of(const DeviceCsrView& matrix, std::int64_t row, std::int32_t column) {
  const std::int64_t end = matrix.end(row);
  std::int64_t low = matrix.begin(row), high = end;  // columns before `low` are smaller, those from `high` on are not
  while (low < high) {
    const std::int64_t middle = low + (high - low) / 2;
    if (matrix.indices[middle] < column) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low < end && matrix.indices[low] == column ? value_of(matrix, low) : 0.0F;
}

__global__ void __launch_bounds__(threads)
    multiply_elements_kernel(SparseFactors factors, DeviceSpan<const std::int32_t> chosen,
                             DeviceSpan<const std::int32_t> columns, DeviceSpan<float> out) {
  const std::int64_t p = (static_cast<std::int64_t>(blockIdx.x) * threads + threadIdx.x) / warp_size;
  if (p >= out.size) return;  // a whole warp
  const int lane = static_cast<int>(threadIdx.x) % warp_size;
  const std::int64_t row = chosen[p];
  float sum = 0;
  for (std::int64_t e = factors.left.begin(row) + lane; e < factors.left.end(row); e += warp_size) {
    sum += value_of(factors.left, e) * element_of(factors.right, factors.left.indices[e], columns[p]);
  }
  sum = group_sum<warp_size>(sum);
  if (lane == 0) out[p] = sum;
}

}  // namespace

void multiply_rows(Device& device, const SparseFactors& factors, DeviceSpan<const std::int32_t> chosen,
                   DeviceMatrixView<float> out) {
  if (out.rows == 0 || out.columns == 0) return;
  multiply_rows_kernel<<<static_cast<unsigned>(out.rows), threads, 0, device.stream()>>>(factors, chosen, out);
  EMBRACE_CHECK(cudaGetLastError());
}

void multiply_elements(Device& device, const SparseFactors& factors, DeviceSpan<const std::int32_t> chosen,
                       DeviceSpan<const std::int32_t> columns, DeviceSpan<float> out) {
  if (out.empty()) return;
  multiply_elements_kernel<<<blocks_for(out.size, threads / warp_size), threads, 0, device.stream()>>>(factors, chosen,
                                                                                                       columns, out);
  EMBRACE_CHECK(cudaGetLastError());
}

DeviceBuffer<std::int32_t> longest_first(Device& device, CsrView rows) {
  Array<std::int32_t> order(rows.rows);
  std::iota(order.begin(), order.end(), 0);
  std::erase_if(order, [&](std::int32_t r) { return rows.row_size(r) == 0; });
  std::stable_sort(order.begin(), order.end(),
                   [&](std::int32_t a, std::int32_t b) { return rows.row_size(a) > rows.row_size(b); });
  return {device, Span<const std::int32_t>(order)};
}

}  // namespace embrace::gpu
