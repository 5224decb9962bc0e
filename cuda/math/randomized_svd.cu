// Subspace iteration as host/math/subspace_iteration.hpp has it: products by cuda/math/spmm.cu, orthonormal columns by
// cuda/math/orthogonal.cu, turns by cuBLAS.
// Mapping of the kernels here: signs a thread 128 of them, which are one random number; the filter a thread an element;
// the vectors' signs a thread a column, so that a warp reads neighbouring elements: its rows go by one after the other,
// once a training. Cost of the filter: 16 bytes an element and degree, 4 flops.
#include "cuda/math/randomized_svd.hpp"

#include <algorithm>
#include <type_traits>
#include <utility>

#include "cuda/device/phase.hpp"
#include "cuda/math/orthogonal.hpp"
#include "cuda/math/product.hpp"
#include "cuda/math/random.cuh"
#include "cuda/math/reduce.cuh"
#include "cuda/math/spmm.hpp"
#include "host/math/subspace_iteration.hpp"

namespace embrace::gpu {
namespace {

constexpr int threads = 256;
constexpr std::int64_t bits_a_draw = 128;

__device__ std::int64_t thread_index() { return static_cast<std::int64_t>(blockIdx.x) * threads + threadIdx.x; }

__global__ void __launch_bounds__(threads)
    draw_signs_kernel(DeviceRandom random, std::int64_t draws_a_row, DeviceMatrixView<float> x) {
  const std::int64_t row = thread_index() / draws_a_row, draw = thread_index() % draws_a_row;
  if (row >= x.rows) return;
  const uint4 drawn = random.bits(static_cast<std::uint64_t>(row), static_cast<std::uint32_t>(draw));
  const std::uint32_t words[] = {drawn.x, drawn.y, drawn.z, drawn.w};
  const std::int64_t first = draw * bits_a_draw;
#pragma unroll
  for (int word = 0; word < 4; ++word) {
    for (int bit = 0; bit < 32 && first + 32 * word + bit < x.columns; ++bit) {
      x(row, first + 32 * word + bit) = (words[word] >> bit & 1U) != 0 ? 1.0F : -1.0F;
    }
  }
}

/// next = factor (scale · next - basis) - older
__global__ void __launch_bounds__(threads)
    raise_degree_kernel(float factor, float scale, bool first, DeviceSpan<const float> basis,
                        DeviceSpan<const float> older, DeviceSpan<float> next) {
  const std::int64_t e = thread_index();
  if (e >= next.size) return;
  next[e] = factor * (scale * next[e] - basis[e]) - (first ? 0.0F : older[e]);
}

/// As embrace::Svd has them: the element of largest magnitude in each column is positive.
__global__ void __launch_bounds__(threads) choose_signs_kernel(DeviceMatrixView<float> x) {
  const std::int64_t column = thread_index();
  if (column >= x.columns) return;
  float largest = 0;
#pragma unroll 8
  for (std::int64_t r = 0; r < x.rows; ++r) {
    const float value = x(r, column);
    if (fabsf(value) > fabsf(largest)) largest = value;
  }
  if (largest >= 0) return;
  for (std::int64_t r = 0; r < x.rows; ++r) x(r, column) = -x(r, column);
}

/// All of a matrix, with what fills its rows up to the stride.
template <typename Buffer>
auto elements(Buffer& matrix) {
  const auto view = matrix.view();
  return DeviceSpan<std::remove_pointer_t<decltype(view.data)>>{view.data, view.rows * view.stride};
}

/// embrace's, whose matrices lie on the device.
class Subspace {
 public:
  Subspace(Device& device, const PlannedMatrix& matrix, const PlannedMatrix& by_column, std::int64_t width,
           std::uint64_t seed, Threads& host_threads)
      : device_(device),
        matrix_(matrix),
        by_column_(by_column),
        threads_(host_threads),
        basis_(device, matrix.matrix.columns, width),
        before_(device, matrix.matrix.columns, width),
        image_(device, matrix.matrix.rows, width) {
    draw_signs(seed);
    orthonormal(basis_);
  }

  void multiply() {
    find_image();
    orthonormal(image_);
    find_image_of_image(basis_);
    orthonormal(basis_);
  }

  Array<double> sort() {
    const Rotation rotation = rotate();
    turn_basis(turn_of(rotation, basis_.columns(), [](double) { return 1.0; }), before_);
    std::swap(basis_, before_);
    return rotation.values;
  }

  void filter(double cut) {
    const auto scale = static_cast<float>(2 / (cut * cut));
    DeviceMatrix next(device_, basis_.rows(), basis_.columns());
    for (int degree = 1; degree <= 3; ++degree) {  // p_d = 2 (scale mᵀm - 1) p_(d-1) - p_(d-2)
      find_image();
      find_image_of_image(next);
      const DeviceSpan<float> to = elements(next);
      raise_degree_kernel<<<blocks_for(to.size, threads), threads, 0, device_.stream()>>>(
          degree == 1 ? 1.0F : 2.0F, scale, degree == 1, elements(std::as_const(basis_)),
          elements(std::as_const(before_)), to);
      EMBRACE_CHECK(cudaGetLastError());
      std::swap(before_, basis_);
      std::swap(basis_, next);
    }
    orthonormal(basis_);
  }

  RightSvd svd(std::int64_t rank) {
    const Rotation rotation = rotate();
    RightSvd svd{DeviceMatrix(device_, basis_.rows(), rank), values_of(rotation, rank)};
    turn_basis(turn_to_right(rotation, rank), svd.right);
    choose_signs_kernel<<<blocks_for(rank, threads), threads, 0, device_.stream()>>>(svd.right.view());
    EMBRACE_CHECK(cudaGetLastError());
    return svd;
  }

 private:
  void draw_signs(std::uint64_t seed) {
    EMBRACE_PHASE("draw signs");
    const std::int64_t draws = (basis_.columns() + bits_a_draw - 1) / bits_a_draw;
    if (basis_.rows() * draws == 0) return;
    draw_signs_kernel<<<blocks_for(basis_.rows() * draws, threads), threads, 0, device_.stream()>>>(
        DeviceRandom(seed, Stream::initial), draws, basis_.view());
    EMBRACE_CHECK(cudaGetLastError());
  }

  void find_image() {
    multiply_sparse(device_, {.matrix = matrix_.matrix, .plan = matrix_.plan, .x = std::as_const(basis_).view()},
                    image_.view());
  }
  void find_image_of_image(DeviceMatrix& out) {
    multiply_sparse(device_, {.matrix = by_column_.matrix, .plan = by_column_.plan, .x = std::as_const(image_).view()},
                    out.view());
  }
  void orthonormal(DeviceMatrix& x) {
    orthonormalize(device_, x.view(), triangle_of(device_, std::as_const(x).view()));
  }
  /// Of the images of the basis.
  Rotation rotate() {
    find_image();
    return rotate_columns(triangle_of(device_, std::as_const(image_).view()), basis_.columns(), threads_);
  }
  void turn_basis(const Matrix& turn, DeviceMatrix& out) {
    DeviceMatrix on_device(device_, turn.rows(), turn.columns());
    on_device.upload(device_, turn.view());
    gpu::multiply(device_, std::as_const(basis_).view(), std::as_const(on_device).view(), 0, out.view());
  }

  Device& device_;
  PlannedMatrix matrix_, by_column_;
  Threads& threads_;
  DeviceMatrix basis_, before_;  // columns of the matrix × width
  DeviceMatrix image_;           // rows × width
};

}  // namespace

RightSvd randomized_svd(Device& device, const PlannedMatrix& matrix, const PlannedMatrix& by_column,
                        const SvdSettings& settings, Threads& threads_of_host) {
  EMBRACE_PHASE("singular vectors");
  const std::int64_t width = svd_width(settings, matrix.matrix.rows, matrix.matrix.columns);
  Subspace subspace(device, matrix, by_column, width, settings.seed, threads_of_host);
  iterate_subspace(subspace, width, settings);
  return subspace.svd(settings.rank);
}

std::int64_t randomized_svd_bytes(CsrView matrix, CsrView by_column, const SvdSettings& settings) {
  const std::int64_t width = svd_width(settings, matrix.rows, matrix.columns);
  const std::int64_t in_between =
      std::max({multiply_sparse_bytes(matrix, width), multiply_sparse_bytes(by_column, width),
                orthogonal_bytes(matrix.rows, width), orthogonal_bytes(matrix.columns, width),
                DeviceMatrix::bytes(width, std::max(width, settings.rank))});
  return DeviceMatrix::bytes(matrix.columns, 3 * DeviceMatrix::stride(width)) +
         DeviceMatrix::bytes(matrix.rows, width) + DeviceMatrix::bytes(matrix.columns, settings.rank) + in_between;
}

}  // namespace embrace::gpu
