// out_r = scale · (addend_r + Σ value_e · x_c) over the entries e of row r, c the column of e.
// Mapping, by cuda/math/rows.hpp: a group of 8, 16 or 32 lanes holds up to 128 columns of a sum, four floats a lane, so
// that a row of x is one coalesced read; wider matrices go slice by slice of 128 columns, blockIdx.y, whose part of x
// then stays in the cache. A short row is one group's, which goes through its entries in their order, as the host does;
// a medium one a warp's, whose groups stride over the entries and meet in a fixed tree; a piece of a long one a
// block's, whose warps meet in shared memory, in order. A second kernel adds the pieces of a row in their order. Cost
// for k columns: 8 + 4 k bytes an entry, the 4 k at random and mostly from the level 2 cache, 4 k a row written and as
// much of the addend read; 2 flops for each 4 bytes: bound by memory.
#include "cuda/device/phase.hpp"
#include "cuda/math/quads.cuh"
#include "cuda/math/reduce.cuh"
#include "cuda/math/spmm.hpp"

namespace embrace::gpu {
namespace {

constexpr int threads = 256;
constexpr int warps = threads / warp_size;

__device__ std::int64_t thread_index() { return static_cast<std::int64_t>(blockIdx.x) * threads + threadIdx.x; }

/// Where a lane's four columns begin, in quads.
template <int lanes>
__device__ std::int64_t quad_of_lane() {
  return static_cast<std::int64_t>(blockIdx.y) * lanes + threadIdx.x % lanes;
}

struct Work {
  DeviceCsrView matrix;
  DeviceMatrixView<const float> x;
  DeviceMatrixView<const float> addend;
  float scale;
  DeviceMatrixView<float> out;
  std::int64_t quads;  // of a row

  /// Adds every `step`-th of the entries [begin, end).
  __device__ void add_entries(std::int64_t begin, std::int64_t end, int step, std::int64_t quad, float4& sum) const {
#pragma unroll 4  // as many rows of x on their way at a time
    for (std::int64_t e = begin; e < end; e += step) {
      add_scaled(scale * matrix.values[e], quad_of(x, matrix.indices[e], quad), sum);
    }
  }
  /// What the sum of a row begins with.
  __device__ float4 start(std::int64_t row, std::int64_t quad) const {
    float4 sum = make_float4(0, 0, 0, 0);
    if (addend.rows > 0) add_scaled(scale, quad_of(addend, row, quad), sum);
    return sum;
  }
};

__device__ void add(float4 part, float4& sum) { add_scaled(1.0F, part, sum); }

/// Σ over the groups of a warp, lane by lane of a group; all groups get it. Every group adds the same pairs.
template <int lanes>
__device__ float4 sum_of_groups(float4 value) {
#pragma unroll
  for (int step = lanes; step < warp_size; step *= 2) {
    value.x += __shfl_xor_sync(all_lanes, value.x, step);
    value.y += __shfl_xor_sync(all_lanes, value.y, step);
    value.z += __shfl_xor_sync(all_lanes, value.z, step);
    value.w += __shfl_xor_sync(all_lanes, value.w, step);
  }
  return value;
}

/// A group of lanes a row of the list.
template <int lanes>
__global__ void __launch_bounds__(threads) multiply_short_rows_kernel(Work work, DeviceSpan<const std::int32_t> list) {
  const std::int64_t place = thread_index() / lanes, quad = quad_of_lane<lanes>();
  if (place >= list.size || quad >= work.quads) return;
  const std::int32_t row = list[place];
  float4 sum = work.start(row, quad);
  work.add_entries(work.matrix.begin(row), work.matrix.end(row), 1, quad, sum);
  quad_of(work.out, row, quad) = sum;
}

/// A warp a row of the list.
template <int lanes>
__global__ void __launch_bounds__(threads) multiply_medium_rows_kernel(Work work, DeviceSpan<const std::int32_t> list) {
  constexpr int groups = warp_size / lanes;
  const std::int64_t place = thread_index() / warp_size, quad = quad_of_lane<lanes>();
  if (place >= list.size) return;  // a whole warp
  const int group = static_cast<int>(threadIdx.x) % warp_size / lanes;
  const std::int32_t row = list[place];
  const bool active = quad < work.quads;  // the others only help with the shuffles
  float4 sum = make_float4(0, 0, 0, 0);
  if (active) work.add_entries(work.matrix.begin(row) + group, work.matrix.end(row), groups, quad, sum);
  sum = sum_of_groups<lanes>(sum);
  if (!active || group != 0) return;
  float4 all = work.start(row, quad);
  add(sum, all);
  quad_of(work.out, row, quad) = all;
}

/// A block a piece of a long row; row p of `sums` is that of piece p.
template <int lanes>
__global__ void __launch_bounds__(threads)
    multiply_pieces_kernel(Work work, DeviceSpan<const RowPiece> pieces, DeviceMatrixView<float> sums) {
  constexpr int groups = threads / lanes;
  __shared__ float4 scratch[warps][lanes];
  const RowPiece piece = pieces[blockIdx.x];
  const int group = static_cast<int>(threadIdx.x) / lanes, lane = static_cast<int>(threadIdx.x) % warp_size;
  const std::int64_t quad = quad_of_lane<lanes>();
  float4 sum = make_float4(0, 0, 0, 0);
  if (quad < work.quads) work.add_entries(piece.begin + group, piece.end, groups, quad, sum);
  sum = sum_of_groups<lanes>(sum);
  if (lane < lanes) scratch[threadIdx.x / warp_size][lane] = sum;
  __syncthreads();  // the first group adds what the warps have found
  if (group != 0 || quad >= work.quads) return;
  for (int warp = 1; warp < warps; ++warp) add(scratch[warp][lane], sum);
  quad_of(sums, blockIdx.x, quad) = sum;
}

/// A group of lanes a long row.
template <int lanes>
__global__ void __launch_bounds__(threads)
    add_pieces_kernel(Work work, DeviceSpan<const LongRow> rows, DeviceMatrixView<const float> sums) {
  const std::int64_t place = thread_index() / lanes, quad = quad_of_lane<lanes>();
  if (place >= rows.size || quad >= work.quads) return;
  const LongRow row = rows[place];
  float4 sum = work.start(row.row, quad);
#pragma unroll 4
  for (std::int32_t piece = row.first; piece < row.last; ++piece) add(quad_of(sums, piece, quad), sum);
  quad_of(work.out, row.row, quad) = sum;
}

template <int lanes>
void launch(Device& device, const Work& work, const RowPlanView& plan) {
  const unsigned slices = blocks_for(work.quads, lanes);
  const auto grid = [&](std::int64_t size, std::int64_t each) { return dim3(blocks_for(size, each), slices); };
  if (!plan.pieces.empty()) {
    DeviceMatrix sums(device, plan.pieces.size, work.out.columns);
    multiply_pieces_kernel<lanes>
        <<<grid(plan.pieces.size, 1), threads, 0, device.stream()>>>(work, plan.pieces, sums.view());
    EMBRACE_CHECK(cudaGetLastError());
    add_pieces_kernel<lanes><<<grid(plan.long_rows.size, threads / lanes), threads, 0, device.stream()>>>(
        work, plan.long_rows, std::as_const(sums).view());
    EMBRACE_CHECK(cudaGetLastError());
  }
  if (!plan.medium_rows.empty()) {
    multiply_medium_rows_kernel<lanes>
        <<<grid(plan.medium_rows.size, warps), threads, 0, device.stream()>>>(work, plan.medium_rows);
    EMBRACE_CHECK(cudaGetLastError());
  }
  if (!plan.short_rows.empty()) {
    multiply_short_rows_kernel<lanes>
        <<<grid(plan.short_rows.size, threads / lanes), threads, 0, device.stream()>>>(work, plan.short_rows);
    EMBRACE_CHECK(cudaGetLastError());
  }
}

}  // namespace

void multiply_sparse(Device& device, const SparseProduct& product, DeviceMatrixView<float> out) {
  EMBRACE_PHASE("sparse product");
  if (out.rows == 0 || out.columns == 0) return;
  const std::int64_t quads = (out.columns + 3) / 4;
  const Work work{product.matrix, product.x, product.addend, product.scale, out, quads};
  switch (lanes_for(quads)) {
    case 8:
      return launch<8>(device, work, product.plan);
    case 16:
      return launch<16>(device, work, product.plan);
    default:
      return launch<32>(device, work, product.plan);
  }
}

std::int64_t multiply_sparse_bytes(CsrView matrix, std::int64_t columns) {
  return DeviceMatrix::bytes(matrix.entries() / RowPlan::longest_medium, columns);
}

}  // namespace embrace::gpu
