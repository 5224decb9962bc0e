// Half-sweeps by Cholesky: what normal_equations.cuh says, for every row.
// Mapping: a block a row of up to 2048 ratings, 32 to 256 threads by the number of factors. Longer rows are cut into
// pieces, a block each, whose tiles go to memory as they are (k² / 2 floats for up to 4096 ratings); a block a row adds
// them in order, and solves. Every sum has one order, so the result depends on nothing but the row.
// Bound by instructions: from 64 factors up there are k / 4 multiplications and additions for each byte of vectors, and
// as many instructions again around them; for rows of fewer than about k ratings by the factorization.
#include <limits>
#include <string>

#include "cuda/device/phase.hpp"
#include "cuda/math/conjugate_gradients.hpp"
#include "cuda/math/normal_equations.cuh"
#include "host/error.hpp"

namespace embrace::gpu {
namespace {

/// What the solution of a row needs beside the factorization, summed over the block.
struct RowSums {
  TargetSums targets;
  double ss, st, tt;  // s' A^-1 s and so on
};

/// x = A^-1 (sum_weight s + target_weight t).
struct Combination {
  float sum_weight;
  float target_weight;
};

__device__ Combination finish_row(const ExplicitSystems& systems, std::int32_t row, std::int64_t size,
                                  const RowSums& sums) {
  const auto n = static_cast<double>(size);
  // Without regularization the vectors alone may explain a constant; the border is then zero up to rounding.
  const double border = n + systems.bias_ridge - sums.ss;
  const double bias = border > 1e-6 * n ? (sums.targets.total - sums.st) / border : 0.0;
  const auto b = static_cast<float>(bias);
  if (threadIdx.x == 0) {
    systems.bias[row] = b;
    systems.loss[row] = sums.targets.squares - sums.targets.total * bias - (sums.tt - static_cast<double>(b) * sums.st);
  }
  return {-b, 1};
}

__device__ Combination finish_row(const ImplicitSystems& systems, std::int32_t row, std::int64_t size,
                                  const RowSums& sums) {
  if (threadIdx.x == 0) systems.loss[row] = static_cast<double>(size) - sums.tt;
  return {0, 1};
}

__device__ Combination finish_row(const BlockSystems&, std::int32_t, std::int64_t, const RowSums&) { return {0, 1}; }

template <typename Systems>
__device__ void store(const Systems& systems, std::int32_t row, int column, float x) {
  systems.solved(row, column) = x;
}
__device__ void store(const BlockSystems& systems, std::int32_t row, int column, float x) {
  systems.moves(row, column) = x;
  systems.solved(row, column) += x;  // its reads for the system lie before the barriers of the factorization
}

/// Sums over the block in a fixed order, given to every thread.
template <typename S>
__device__ RowSums sum_over_block(TargetSums targets, float s, float t, Workspace<S>& work) {
  const auto sd = static_cast<double>(s), td = static_cast<double>(t);
  double values[5] = {targets.total, targets.squares, sd * sd, sd * td, td * td};
#pragma unroll
  for (int i = 0; i < 5; ++i) {
    values[i] = group_sum<warp_size>(values[i]);
    if (threadIdx.x % warp_size == 0) work.scratch[threadIdx.x / warp_size][i] = values[i];
  }
  __syncthreads();  // every thread reads what each warp wrote
#pragma unroll
  for (int i = 0; i < 5; ++i) {
    values[i] = 0;
    for (int warp = 0; warp < S::threads / warp_size; ++warp) values[i] += work.scratch[warp][i];
  }
  return {{values[0], values[1]}, values[2], values[3], values[4]};
}

/// From the sums in the tiles to the row's vector.
template <typename S, typename Systems>
__device__ void solve_row(const Systems& systems, std::int32_t row, std::int64_t size, float share, Tiles<S>& tiles,
                          TargetSums targets, Workspace<S>& work) {
  tiles.finish_matrix(systems, row, share, work);
  factorize(tiles, work);
  const int column = static_cast<int>(threadIdx.x);
  float s = 0, t = 0;
  if (column < S::width) {
    const int panel = column / S::tile;
    const float* own = work.memory + S::panel_begin(panel) + column % S::tile * S::pitch(panel) - panel * S::tile;
    s = own[S::place(S::width)];
    t = own[S::place(S::width + 1)];
  }
  const RowSums sums = sum_over_block(targets, s, t, work);
  const Combination right = finish_row(systems, row, size, sums);
  const float x = substitute(right.sum_weight * s + right.target_weight * t, work);
  if (column < systems.solved.columns) store(systems, row, column, x);
}

extern __shared__ __align__(16) unsigned char shared_bytes[];
template <typename S>
__device__ Workspace<S>& workspace() {
  return *reinterpret_cast<Workspace<S>*>(shared_bytes);
}

/// A block a row of the list.
template <typename S, typename Systems>
__global__ void __launch_bounds__(S::threads, S::blocks)
    solve_rows_kernel(Systems systems, DeviceCsrView rows, DeviceSpan<const std::int32_t> list, float share) {
  const std::int32_t row = list[blockIdx.x];
  if (rows.size(row) == 0) return finish_empty_row(systems, row);
  Tiles<S> tiles;
  TargetSums targets;
  add_ratings(systems, rows, rows.begin(row), rows.end(row), tiles, targets, workspace<S>());
  solve_row(systems, row, rows.size(row), share, tiles, targets, workspace<S>());
}

/// What a piece leaves behind, for each thread of the block that goes on with it.
struct Partials {
  DeviceSpan<float> cells;         // piece × cell × thread
  DeviceSpan<TargetSums> targets;  // piece × thread
};

/// A block a piece of a long row.
template <typename S, typename Systems>
__global__ void __launch_bounds__(S::threads, S::blocks)
    add_pieces_kernel(Systems systems, DeviceCsrView rows, DeviceSpan<const RowPiece> pieces, Partials partials) {
  const RowPiece piece = pieces[blockIdx.x];
  Tiles<S> tiles;
  TargetSums targets;
  add_ratings(systems, rows, piece.begin, piece.end, tiles, targets, workspace<S>());
  tiles.store(partials.cells.data + static_cast<std::int64_t>(blockIdx.x) * S::cells * S::threads);
  partials.targets[static_cast<std::int64_t>(blockIdx.x) * S::threads + threadIdx.x] = targets;
}

/// A block a long row.
template <typename S, typename Systems>
__global__ void __launch_bounds__(S::threads, S::blocks)
    solve_long_rows_kernel(Systems systems, DeviceCsrView rows, DeviceSpan<const LongRow> long_rows, Partials partials,
                           float share) {
  const LongRow row = long_rows[blockIdx.x];
  Tiles<S> tiles;
  TargetSums targets;
#pragma unroll 1
  for (std::int64_t piece = row.first; piece < row.last; ++piece) {
    tiles.add(partials.cells.data + piece * S::cells * S::threads);
    const TargetSums more = partials.targets[piece * S::threads + threadIdx.x];
    targets.total += more.total;
    targets.squares += more.squares;
  }
  solve_row(systems, row.row, rows.size(row.row), share, tiles, targets, workspace<S>());
}

/// More shared memory than 48 KiB has to be asked for, once a kernel and device.
template <typename S, typename Kernel>
void allow_workspace(Kernel kernel) {
  EMBRACE_CHECK(cudaFuncSetAttribute(kernel, cudaFuncAttributeMaxDynamicSharedMemorySize, sizeof(Workspace<S>)));
}

template <typename S, typename Systems>
void launch(Device& device, DeviceCsrView rows, const RowPlanView& plan, const Systems& systems) {
  constexpr std::size_t shared = sizeof(Workspace<S>);
  // The CPU's bound: it pads factors to multiples of 16.
  const auto padded = static_cast<float>((systems.fixed.columns + 15) / 16 * 16);
  const float share = padded * std::numeric_limits<float>::epsilon();
  if (!plan.pieces.empty()) {
    DeviceBuffer<float> cells(device, plan.pieces.size * S::cells * S::threads);
    DeviceBuffer<TargetSums> targets(device, plan.pieces.size * S::threads);
    const Partials partials{cells.span(), targets.span()};
    allow_workspace<S>(add_pieces_kernel<S, Systems>);
    add_pieces_kernel<S><<<static_cast<unsigned>(plan.pieces.size), S::threads, shared, device.stream()>>>(
        systems, rows, plan.pieces, partials);
    EMBRACE_CHECK(cudaGetLastError());
    allow_workspace<S>(solve_long_rows_kernel<S, Systems>);
    solve_long_rows_kernel<S><<<static_cast<unsigned>(plan.long_rows.size), S::threads, shared, device.stream()>>>(
        systems, rows, plan.long_rows, partials, share);
    EMBRACE_CHECK(cudaGetLastError());
  }
  allow_workspace<S>(solve_rows_kernel<S, Systems>);
  for (const auto& list : {plan.medium_rows, plan.short_rows}) {
    if (list.empty()) continue;
    solve_rows_kernel<S>
        <<<static_cast<unsigned>(list.size), S::threads, shared, device.stream()>>>(systems, rows, list, share);
    EMBRACE_CHECK(cudaGetLastError());
  }
}

/// Calls use(Shape) with the smallest shape that holds the factors.
template <typename Use>
void with_shape(std::int64_t factors, const Use& use) {
  if (factors <= 16) return use(Shape<16, 4, 32>());
  if (factors <= 32) return use(Shape<32, 4, 32>());
  if (factors <= 64) return use(Shape<64, 4, 64>());
  if (factors <= 96) return use(Shape<96, 8, 96>());
  if (factors <= 128) return use(Shape<128, 8, 160>());
  if (factors <= most_cholesky_factors) return use(Shape<most_cholesky_factors, 8, 256>());
  throw Unsupported("Cholesky takes up to " + std::to_string(most_cholesky_factors) + " factors; use fewer");
}

template <typename Systems>
void solve(Device& device, DeviceCsrView rows, const RowPlanView& plan, const Systems& systems, Solver solver) {
  EMBRACE_PHASE("solve rows");
  if (solver == Solver::conjugate_gradients) return solve_by_conjugate_gradients(device, rows, plan, systems);
  with_shape(systems.fixed.columns, [&](auto shape) { launch<decltype(shape)>(device, rows, plan, systems); });
}

}  // namespace

std::int64_t padded_factors(std::int64_t factors) {
  std::int64_t width = DeviceMatrix::stride(factors);
  if (factors <= most_cholesky_factors) with_shape(factors, [&](auto shape) { width = shape.width; });
  return width;
}

void solve_rows(Device& device, DeviceCsrView rows, const RowPlanView& plan, const ExplicitSystems& systems,
                Solver solver) {
  solve(device, rows, plan, systems, solver);
}
void solve_rows(Device& device, DeviceCsrView rows, const RowPlanView& plan, const ImplicitSystems& systems,
                Solver solver) {
  solve(device, rows, plan, systems, solver);
}
void solve_rows(Device& device, DeviceCsrView rows, const RowPlanView& plan, const BlockSystems& systems) {
  EMBRACE_PHASE("solve blocks");
  with_shape(systems.fixed.columns, [&](auto shape) { launch<decltype(shape)>(device, rows, plan, systems); });
}

std::int64_t solver_bytes(CsrView rows, std::int64_t factors, Solver solver) {
  if (solver == Solver::conjugate_gradients) return conjugate_gradients_bytes(rows, factors);
  std::int64_t each = 0;
  with_shape(factors, [&](auto shape) {
    each = shape.threads * (shape.cells * 4 + static_cast<std::int64_t>(sizeof(TargetSums)));
  });
  return rows.entries() / RowPlan::longest_medium * each;
}

std::int64_t solver_shared_bytes(std::int64_t factors, Solver solver) {
  if (solver == Solver::conjugate_gradients) return conjugate_gradients_shared_bytes(factors);
  std::int64_t bytes = 0;
  with_shape(factors, [&](auto shape) { bytes = sizeof(Workspace<decltype(shape)>); });
  return bytes;
}

}  // namespace embrace::gpu
