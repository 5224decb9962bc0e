// Gram = xᵀ x and x r⁻¹ in double, by cuBLAS, on as many rows at a time as some 8 MiB of doubles hold, which then stay
// in the level 2 cache. Mapping of the kernels here: a thread an element. Cost of either for n columns: 4 bytes read an
// element, of x r⁻¹ 4 written, and n flops, most of them in cuBLAS: bound by them beyond some ten columns.
#include "cuda/math/orthogonal.hpp"

#include <algorithm>
#include <utility>

#include "cuda/device/phase.hpp"
#include "cuda/math/product.hpp"
#include "cuda/math/reduce.cuh"
#include "host/math/orthogonal.hpp"
#include "host/span.hpp"

namespace embrace::gpu {
namespace {

constexpr int threads = 256;
constexpr std::int64_t elements_at_once = std::int64_t{1} << 20U;

std::int64_t rows_at_once(std::int64_t rows, std::int64_t columns) {
  return std::min(rows, std::max<std::int64_t>(1, elements_at_once / std::max<std::int64_t>(1, columns)));
}

/// Where an element is: of a part there are fewer than 2^32, whose division is short.
struct Place {
  __device__ explicit Place(std::int64_t columns) {
    const auto element = static_cast<std::uint32_t>(blockIdx.x) * threads + threadIdx.x;
    row = element / static_cast<std::uint32_t>(columns);
    column = element % static_cast<std::uint32_t>(columns);
  }
  std::uint32_t row, column;
};

__global__ void __launch_bounds__(threads)
    widen_kernel(DeviceMatrixView<const float> x, DeviceMatrixView<double> wide) {
  const Place at(x.columns);
  if (at.row < x.rows) wide(at.row, at.column) = static_cast<double>(x(at.row, at.column));
}

/// Columns without a direction become zero.
__global__ void __launch_bounds__(threads)
    narrow_kernel(DeviceMatrixView<const double> wide, DeviceSpan<const unsigned char> has_direction,
                  DeviceMatrixView<float> x) {
  const Place at(x.columns);
  if (at.row >= x.rows) return;
  x(at.row, at.column) = has_direction[at.column] != 0 ? static_cast<float>(wide(at.row, at.column)) : 0.0F;
}

/// use(part, wide): parts of the rows, and the same in double.
template <typename T, typename Use>
void for_parts(Device& device, DeviceMatrixView<T> x, const Use& use) {
  const std::int64_t most = rows_at_once(x.rows, x.columns);
  DeviceBuffer<double> memory(device, most * x.columns);
  for (std::int64_t first = 0; first < x.rows; first += most) {
    const DeviceMatrixView<T> part{x.row(first), std::min(most, x.rows - first), x.columns, x.stride};
    const DeviceMatrixView<double> wide{memory.span().data, part.rows, x.columns, x.columns};
    widen_kernel<<<blocks_for(part.rows * x.columns, threads), threads, 0, device.stream()>>>(part, wide);
    EMBRACE_CHECK(cudaGetLastError());
    use(part, wide);
  }
}

}  // namespace

Array<double> triangle_of(Device& device, DeviceMatrixView<const float> x) {
  EMBRACE_PHASE("orthogonal");
  const std::int64_t n = x.columns;
  DeviceBuffer<double> gram(device, n * n);
  gram.clear();
  if (n > 0) {
    for_parts(device, x, [&](DeviceMatrixView<const float>, DeviceMatrixView<const double> wide) {
      add_gram(device, wide, {gram.span().data, n, n, n});
    });
  }
  Array<double> host(n * n);
  device.download(std::as_const(gram).span(), Span<double>(host));
  return embrace::triangle_of_gram(std::move(host), n);
}

void orthonormalize(Device& device, DeviceMatrixView<float> x, const Array<double>& r) {
  EMBRACE_PHASE("orthogonal");
  const std::int64_t n = x.columns;
  if (x.rows == 0 || n == 0) return;
  Array<double> regular = r;
  Array<unsigned char> directions(n, 1);
  for (std::int64_t k = 0; k < n; ++k) {
    if (r[k * n + k] > 0) continue;
    directions[k] = 0;
    regular[k * n + k] = 1;
  }
  const DeviceBuffer<double> triangle(device, Span<const double>(regular));
  const DeviceBuffer<unsigned char> has_direction(device, Span<const unsigned char>(directions));
  for_parts(device, x, [&](DeviceMatrixView<float> part, DeviceMatrixView<double> wide) {
    divide_by_triangle(device, wide, {triangle.span().data, n, n, n});
    narrow_kernel<<<blocks_for(part.rows * n, threads), threads, 0, device.stream()>>>(wide, has_direction.span(),
                                                                                       part);
    EMBRACE_CHECK(cudaGetLastError());
  });
}

std::int64_t orthogonal_bytes(std::int64_t rows, std::int64_t columns) {
  return 8 * (rows_at_once(rows, columns) * columns + columns * columns) + columns;
}

}  // namespace embrace::gpu
