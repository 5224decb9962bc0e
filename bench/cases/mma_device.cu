// PTX ISA, "Matrix Fragments for mma.m16n8k16 with floating point type": lane 4 g + t holds of the rows g and g + 8 of
// A the columns 2 t, 2 t + 1, 2 t + 8 and 2 t + 9, of column g of B the rows of these numbers, and of the rows g and g
// + 8 of C the columns 2 t and 2 t + 1.
#include "bench/cases/device.hpp"
#include "cuda/math/reduce.cuh"

namespace embrace::cases {
namespace {

constexpr int threads = 128;
constexpr int sums = 4;

/// Two numbers that bfloat16 has, the first in the lower half.
__device__ unsigned packed(float first, float second) {
  return __float_as_uint(first) >> 16U | (__float_as_uint(second) & 0xFFFF0000U);
}

__device__ void add_product(float (&c)[4], const unsigned (&a)[4], const unsigned (&b)[2]) {
  asm volatile(
      "mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, "
      "{%0, %1, %2, %3};"
      : "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3])
      : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
}

/// A warp's 128 sums, one row of `out`, which has a row for each warp of the grid.
__global__ void __launch_bounds__(threads)
    add_products_kernel(gpu::DeviceMatrixView<const float> a, gpu::DeviceMatrixView<const float> b, std::int64_t times,
                        gpu::DeviceMatrixView<float> out) {
  const std::int64_t thread = static_cast<std::int64_t>(blockIdx.x) * threads + threadIdx.x;
  const std::int64_t warp = thread / gpu::warp_size;
  const auto lane = static_cast<int>(thread % gpu::warp_size);
  const int g = lane / 4, t = lane % 4;
  unsigned left[4], right[2];
#pragma unroll
  for (int i = 0; i < 4; ++i) {
    const int row = g + 8 * (i % 2), column = 2 * t + 8 * (i / 2);
    left[i] = packed(a(row, column), a(row, column + 1));
  }
#pragma unroll
  for (int i = 0; i < 2; ++i) right[i] = packed(b(2 * t + 8 * i, g), b(2 * t + 8 * i + 1, g));
  float c[sums][4] = {};
  for (std::int64_t n = 0; n < times; ++n) {
#pragma unroll
    for (int s = 0; s < sums; ++s) add_product(c[s], left, right);
  }
  if (warp >= out.rows) return;
#pragma unroll
  for (int i = 0; i < 4; ++i) {
    out(warp, (g + 8 * (i / 2)) * 8 + 2 * t + i % 2) = c[0][i] + c[1][i] + (c[2][i] + c[3][i]);
  }
}

struct State {
  gpu::DeviceMatrix a, b, out;
};

}  // namespace

TimedRun mma_on_device(gpu::DevicePtr device, const Inputs& in) {
  State state{uploaded(*device, in.a), uploaded(*device, in.b), {*device, in.shape.users, 128}};
  const auto work = [times = in.shape.ratings](gpu::Device& on, State& s) {
    add_products_kernel<<<gpu::blocks_for(s.out.rows(), threads / gpu::warp_size), threads, 0, on.stream()>>>(
        std::as_const(s.a).view(), std::as_const(s.b).view(), times, s.out.view());
    EMBRACE_CHECK(cudaGetLastError());
  };
  return timed_on_device(std::move(device), std::move(state), work,
                         [](gpu::Device& on, const State& s) { return doubles(download(on, s.out)); });
}

}  // namespace embrace::cases
