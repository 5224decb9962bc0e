// Gauss-Jordan elimination without pivots on the lower triangle, a block K of 64 rows and columns at a time; the
// formulas are those of host/math/invert_symmetric.cpp. With N = -m_KK⁻¹, for rows i and j outside of K
//   W_i = m_iK N      m_ij += W_i m_jKᵀ      m_iK = -W_i      m_KK = N
// N: one block of threads, in double in shared memory, a barrier for reading and one for writing a column.
// W: one GEMM. The update: a GEMM for each 1024 columns, from their first row on, so that little of the upper triangle
//   is computed; rows of K are zeros in m_K and W while it runs. Columns move to and fro through tiles in shared memory
//   where they stand as rows.
// Cost: n³ flops and 8 n³ / 64 bytes at the update, n / 64 times 5 launches and n / 1024 GEMMs.
#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "cuda/device/phase.hpp"
#include "cuda/math/invert_symmetric.hpp"
#include "cuda/math/product.hpp"
#include "cuda/math/reduce.cuh"
#include "host/error.hpp"

namespace embrace::gpu {
namespace {

constexpr int width = 64;  // of K
constexpr int threads = 256;
constexpr int tile = 32;  // of a matrix that is turned
constexpr std::int64_t columns_a_product = 1024;
constexpr std::int32_t none = 0x7fffffff;

/// m_KK of n rows becomes N, both triangles, with zeros up to `width` in `pivot`. `failed`: the first row whose pivot
/// is not positive and finite.
__global__ void __launch_bounds__(threads) invert_pivot_kernel(DeviceMatrixView<float> m, int n, std::int32_t first,
                                                               DeviceMatrixView<float> pivot, std::int32_t* failed) {
  __shared__ double a[width][width + 1];
  const int column = static_cast<int>(threadIdx.x) % width, group = static_cast<int>(threadIdx.x) / width;
  constexpr int groups = threads / width;
  for (int r = group; r < width; r += groups) {
    const bool inside = r < n && column < n;
    a[r][column] = inside ? static_cast<double>(column <= r ? m(r, column) : m(column, r)) : 0.0;
  }
  __syncthreads();  // all of it is there
  for (int k = 0; k < n; ++k) {
    const double diagonal = a[k][k];
    if (threadIdx.x == 0 && (!(diagonal > 0) || isinf(diagonal))) atomicMin(failed, first + k);
    const double of_row = a[k][column] / diagonal;
    double factor[width / groups];  // of this thread's rows
#pragma unroll
    for (int t = 0; t < width / groups; ++t) factor[t] = a[group + t * groups][k];
    __syncthreads();  // row and column k have been read
#pragma unroll
    for (int t = 0; t < width / groups; ++t) {
      const int r = group + t * groups;
      if (r >= n || column >= n) continue;
      double& element = a[r][column];
      if (r == k) {
        element = column == k ? -1 / diagonal : of_row;
      } else {
        element = column == k ? factor[t] / diagonal : element - factor[t] * of_row;
      }
    }
    __syncthreads();  // the next row and column are there
  }
  for (int r = group; r < width; r += groups) {
    const float element = r < n && column < n ? static_cast<float>(a[r][column]) : 0.0F;
    pivot(r, column) = element;
    if (r < n && column < n) m(r, column) = element;
  }
}

/// Columns of m from `first` on, of the symmetric matrix whose lower triangle is there: what stands in rows above is
/// read from m's rows `first` …; rows of K itself are zeros.
__global__ void __launch_bounds__(threads)
    take_columns_kernel(DeviceMatrixView<const float> m, std::int64_t first, int n, DeviceMatrixView<float> to) {
  __shared__ float turned[tile][tile + 1];
  const std::int64_t row = static_cast<std::int64_t>(blockIdx.x) * tile;
  const int column = static_cast<int>(blockIdx.y) * tile, x = static_cast<int>(threadIdx.x) % tile;
  const bool above = row + tile <= first;  // `first` is a multiple of the tile
  for (int y = static_cast<int>(threadIdx.x) / tile; y < tile; y += threads / tile) {
    if (above && column + y < n) turned[x][y] = m(first + column + y, row + x);
  }
  __syncthreads();  // the tile is whole
  for (int y = static_cast<int>(threadIdx.x) / tile; y < tile; y += threads / tile) {
    const std::int64_t r = row + y;
    if (r >= m.rows || column + x >= n) continue;
    to(r, column + x) = above ? turned[y][x] : r < first + n ? 0.0F : m(r, first + column + x);
  }
}

/// The way back, with the other sign; rows of K stay as they are.
__global__ void __launch_bounds__(threads)
    put_columns_kernel(DeviceMatrixView<const float> from, std::int64_t first, int n, DeviceMatrixView<float> m) {
  __shared__ float turned[tile][tile + 1];
  const std::int64_t row = static_cast<std::int64_t>(blockIdx.x) * tile;
  const int column = static_cast<int>(blockIdx.y) * tile, x = static_cast<int>(threadIdx.x) % tile;
  const bool above = row + tile <= first;
  for (int y = static_cast<int>(threadIdx.x) / tile; y < tile; y += threads / tile) {
    const std::int64_t r = row + y;
    if (r >= m.rows || column + x >= n) continue;
    const float element = -from(r, column + x);
    if (above) {
      turned[x][y] = element;
    } else if (r >= first + n) {
      m(r, first + column + x) = element;
    }
  }
  __syncthreads();  // the tile is whole
  for (int y = static_cast<int>(threadIdx.x) / tile; y < tile; y += threads / tile) {
    if (above && column + y < n) m(first + column + y, row + x) = turned[y][x];
  }
}

/// m = -m, both triangles by the lower one: a block a tile on or below the diagonal and its mirror.
__global__ void __launch_bounds__(threads) finish_kernel(DeviceMatrixView<float> m, std::int32_t* failed) {
  __shared__ float turned[tile][tile + 1];
  const std::int64_t row = static_cast<std::int64_t>(blockIdx.y) * tile;
  const std::int64_t column = static_cast<std::int64_t>(blockIdx.x) * tile;
  if (column > row) return;
  const int x = static_cast<int>(threadIdx.x) % tile;
  for (int y = static_cast<int>(threadIdx.x) / tile; y < tile; y += threads / tile) {
    const std::int64_t r = row + y, c = column + x;
    if (r >= m.rows || c > r) continue;
    const float element = -m(r, c);
    turned[x][y] = element;
    m(r, c) = element;
    if (r == c && !isfinite(element)) atomicMin(failed, static_cast<std::int32_t>(r));
  }
  __syncthreads();  // the tile is whole, and its lower triangle has been read
  for (int y = static_cast<int>(threadIdx.x) / tile; y < tile; y += threads / tile) {
    const std::int64_t r = column + y, c = row + x;  // of the mirror
    if (c < m.rows && r < c) m(r, c) = turned[y][x];
  }
}

}  // namespace

std::int64_t invert_symmetric_bytes(std::int64_t n) {
  return 2 * DeviceMatrix::bytes(n, width) + DeviceMatrix::bytes(width, width) + 4;
}

void invert_symmetric(Device& device, DeviceMatrixView<float> m) {
  EMBRACE_PHASE("inverse");
  const std::int64_t rows = m.rows;
  if (rows == 0) return;
  DeviceMatrix columns(device, rows, width), products(device, rows, width), pivot(device, width, width);
  DeviceBuffer<std::int32_t> failed(device, std::vector<std::int32_t>{none});
  const dim3 panel{blocks_for(rows, tile), width / tile, 1};
  for (std::int64_t first = 0; first < rows; first += width) {
    const int n = static_cast<int>(std::min<std::int64_t>(width, rows - first));
    const DeviceMatrixView<float> diagonal{m.row(first) + first, n, n, m.stride};
    invert_pivot_kernel<<<1, threads, 0, device.stream()>>>(diagonal, n, static_cast<std::int32_t>(first), pivot.view(),
                                                            failed.span().data);
    EMBRACE_CHECK(cudaGetLastError());
    take_columns_kernel<<<panel, threads, 0, device.stream()>>>(m, first, n, columns.view());
    EMBRACE_CHECK(cudaGetLastError());
    const auto part = [&](DeviceMatrix& of, std::int64_t begin, std::int64_t count) {
      return DeviceMatrixView<const float>{of.view().row(begin), count, n, width};
    };
    multiply(device, part(columns, 0, rows), DeviceMatrixView<const float>{pivot.view().data, n, n, width}, 0,
             {products.view().data, rows, n, width});
    for (std::int64_t c = 0; c < rows; c += columns_a_product) {
      multiply_transposed(device, part(products, c, rows - c), part(columns, c, std::min(columns_a_product, rows - c)),
                          1, {m.row(c) + c, rows - c, std::min(columns_a_product, rows - c), m.stride});
    }
    put_columns_kernel<<<panel, threads, 0, device.stream()>>>(std::as_const(products).view(), first, n, m);
    EMBRACE_CHECK(cudaGetLastError());
  }
  finish_kernel<<<dim3{blocks_for(rows, tile), blocks_for(rows, tile), 1}, threads, 0, device.stream()>>>(
      m, failed.span().data);
  EMBRACE_CHECK(cudaGetLastError());
  if (const std::int32_t row = failed.download().front(); row != none) {
    throw Diverged("a matrix to be inverted is not positive definite at row " + std::to_string(row));
  }
}

}  // namespace embrace::gpu
