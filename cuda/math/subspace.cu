// iALS++ (Rendle, Krichene, Zhang and Koren 2021, algorithm 2) for all rows at once, a block b of factors at a time:
//   e_rc = 1 - x_r · y_c of each rating and G x_r of each row are kept
//   d_r = the block's move (BlockSystems of normal_equations.hpp);  x_rb += d_r
//   e_rc -= d_r · y_cb;  G x_r += G_b' d_r
// Mapping: moves as normal_equations.cu; e a group of 8 lanes a rating, a warp a row or a block a piece of a long one;
// G x by cuBLAS; the loss Σ e² by cuda/math/rows.cuh, and α x'G x + ridge |x|² a warp a row.
// Cost of e beside the moves, for all blocks: 4 k + 12 k / b bytes a rating, and 4 k for the start, mostly from the
// level 2 cache; 4 k flops. Memory: 4 bytes a rating, 4 (k + b) a row.
#include <algorithm>

#include "cuda/device/phase.hpp"
#include "cuda/math/product.hpp"
#include "cuda/math/quads.cuh"
#include "cuda/math/rows.cuh"
#include "cuda/math/subspace.hpp"

namespace embrace::gpu {
namespace {

constexpr int threads = 256;
constexpr int warps = threads / warp_size;
constexpr int lanes = 8;  // a rating

/// What is missing of each rating, and what is taken off it: moves_r · fixed_c.
struct Missing {
  DeviceCsrView rows;
  DeviceMatrixView<const float> moves;
  DeviceMatrixView<const float> fixed;  // the same columns; zeros up to whole quads
  bool from_one;                        // else from what is there
  DeviceSpan<float> left;               // by rating

  /// Ratings [begin, end) of a row, by `groups` groups of lanes of which this is one.
  __device__ void subtract(std::int64_t row, std::int64_t begin, std::int64_t end, int group, int groups) const {
    const int lane = static_cast<int>(threadIdx.x) % lanes;
    const std::int64_t quads = (fixed.columns + 3) / 4;
    for (std::int64_t first = begin; first < end; first += groups) {  // a warp goes on together, for its shuffles
      const std::int64_t e = first + group;
      float sum = 0;
      if (e < end) {
        for (std::int64_t k = lane; k < quads; k += lanes) {
          sum += dot(quad_of(moves, row, k), quad_of(fixed, rows.indices[e], k));
        }
      }
      sum = group_sum<lanes>(sum);
      if (e < end && lane == 0) left[e] = (from_one ? 1.0F : left[e]) - sum;
    }
  }
};

/// A warp a row of the list.
__global__ void __launch_bounds__(threads) subtract_rows_kernel(Missing missing, DeviceSpan<const std::int32_t> list) {
  const std::int64_t place = static_cast<std::int64_t>(blockIdx.x) * warps + threadIdx.x / warp_size;
  if (place >= list.size) return;  // a whole warp
  const std::int32_t row = list[place];
  missing.subtract(row, missing.rows.begin(row), missing.rows.end(row),
                   static_cast<int>(threadIdx.x) % warp_size / lanes, warp_size / lanes);
}

/// A block a piece of a long row.
__global__ void __launch_bounds__(threads) subtract_pieces_kernel(Missing missing, DeviceSpan<const RowPiece> pieces) {
  const RowPiece piece = pieces[blockIdx.x];
  missing.subtract(piece.row, piece.begin, piece.end, static_cast<int>(threadIdx.x) / lanes, threads / lanes);
}

void subtract(Device& device, const RowPlanView& plan, const Missing& missing) {
  EMBRACE_PHASE("missing");
  if (!plan.pieces.empty()) {
    subtract_pieces_kernel<<<static_cast<unsigned>(plan.pieces.size), threads, 0, device.stream()>>>(missing,
                                                                                                     plan.pieces);
    EMBRACE_CHECK(cudaGetLastError());
  }
  for (const auto& list : {plan.medium_rows, plan.short_rows}) {
    if (list.empty()) continue;
    subtract_rows_kernel<<<blocks_for(list.size, warps), threads, 0, device.stream()>>>(missing, list);
    EMBRACE_CHECK(cudaGetLastError());
  }
}

struct Square {
  __device__ double operator()(std::int32_t, float value) const {
    return static_cast<double>(value) * static_cast<double>(value);
  }
};
struct Store {
  DeviceSpan<double> loss;
  __device__ void operator()(std::int64_t row, double sum, std::int64_t) const { loss[row] = sum; }
};

/// loss_r += α x'G x + ridge |x|² for rows with ratings; product: G x. A warp a row.
__global__ void __launch_bounds__(threads)
    add_penalties_kernel(ImplicitSystems systems, DeviceCsrView rows, DeviceMatrixView<const float> product) {
  const std::int64_t row = static_cast<std::int64_t>(blockIdx.x) * warps + threadIdx.x / warp_size;
  if (row >= rows.rows || rows.size(row) == 0) return;  // a whole warp
  const int lane = static_cast<int>(threadIdx.x) % warp_size;
  double sum = 0;
  for (std::int64_t k = lane; k < product.columns; k += warp_size) {
    const float x = systems.solved(row, k);
    sum += static_cast<double>(x) * static_cast<double>(systems.alpha * product(row, k) + systems.ridge[row] * x);
  }
  sum = group_sum<warp_size>(sum);
  if (lane == 0) systems.loss[row] += sum;
}

void find_losses(Device& device, DeviceCsrView rows, const RowPlanView& plan, const ImplicitSystems& systems,
                 DeviceMatrixView<const float> product) {
  EMBRACE_PHASE("losses");
  reduce_rows(device, rows, plan, Square{}, Store{systems.loss});
  add_penalties_kernel<<<blocks_for(rows.rows, warps), threads, 0, device.stream()>>>(systems, rows, product);
  EMBRACE_CHECK(cudaGetLastError());
}

}  // namespace

void improve_blocks(Device& device, DeviceCsrView rows, const RowPlanView& plan, const ImplicitSystems& systems,
                    std::int64_t block) {
  if (rows.rows == 0) return;
  const std::int64_t factors = systems.fixed.columns;
  const DeviceMatrixView<const float> gram = systems.gram, x = systems.solved;
  DeviceBuffer<float> left(device, rows.entries());
  DeviceMatrix product(device, rows.rows, factors);                 // G x
  DeviceMatrix moves(device, rows.rows, std::min(block, factors));  // those of rows without ratings stay zero
  subtract(device, plan, {rows, x, systems.fixed, true, left.span()});
  multiply(device, x, {gram.data, factors, factors, gram.stride}, 0, product.view());
  rows.values = left.span();
  for (std::int64_t first = 0; first < factors; first += block) {
    const std::int64_t size = std::min(block, factors - first);
    const auto columns = [&](auto matrix) {
      matrix.data += first;
      matrix.columns = size;
      return matrix;
    };
    DeviceMatrixView<float> move = moves.view();
    move.columns = size;
    solve_rows(device, rows, plan,
               BlockSystems{.fixed = columns(systems.fixed),
                            .gram = {gram.row(first) + first, size, size, gram.stride},
                            .product = columns(std::as_const(product).view()),
                            .ridge = systems.ridge,
                            .alpha = systems.alpha,
                            .solved = columns(systems.solved),
                            .moves = move});
    subtract(device, plan, {rows, move, columns(systems.fixed), false, left.span()});
    multiply(device, move, {gram.row(first), size, factors, gram.stride}, 1, product.view());
  }
  find_losses(device, rows, plan, systems, std::as_const(product).view());
}

std::int64_t improve_blocks_bytes(CsrView rows, std::int64_t factors, std::int64_t block) {
  const std::int64_t size = std::min(block, factors);
  return 4 * rows.entries() + DeviceMatrix::bytes(rows.rows, factors) + DeviceMatrix::bytes(rows.rows, size) +
         solver_bytes(rows, size, Solver::cholesky);
}

}  // namespace embrace::gpu
