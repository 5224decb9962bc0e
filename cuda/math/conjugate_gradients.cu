// Half-sweeps by conjugate gradients (Hestenes and Stiefel 1952) on the systems of normal_equations.hpp, with the
// diagonal as preconditioner, the bias as one unknown more, and the row's last vector as start; or a given number of
// steps without preconditioner, those of host/math/conjugate_gradients.hpp, which improve_rows.cu makes of up to 128
// factors for all but the long rows. The matrix is never formed:
//   A d = Σ y (y · d) + ridge d + α G d
// Mapping: a block of 8 warps a row of up to 2048 ratings, the vectors of the iteration in shared memory; up to 128
//   factors 8 lanes a rating, beyond that a warp, which hold d and their share of the sum in registers: an instruction
//   of a warp serves four ratings, and no lane is without a number. The warps' sums are added in order.
//   Longer rows go through the same steps all together, a launch a step: a block a piece for the sum over its ratings,
//   a block a row for the rest, with the vectors in memory. Rows that have converged leave at once.
// Cost of a step and row of n ratings: n (4 k + 4) bytes, mostly from the L2 cache, 4 n k flops (+ 2 k² with G);
//   a solution of s steps reads all of it s + 2 times. Bound by that cache, and for short rows by what the block does
//   between the sums.
#include "cuda/math/conjugate_gradients.hpp"

#include <string>

#include "cuda/device/phase.hpp"
#include "cuda/math/conjugate_gradients.cuh"
#include "cuda/math/improve_rows.hpp"
#include "host/error.hpp"

namespace embrace::gpu {
namespace {

using namespace conjugate_gradients;

constexpr Iteration to_the_minimum{200, true};  // of well-posed systems none needs half as many steps

template <typename Systems>
__device__ void store_row(const Systems& systems, std::int32_t row, Vectors v, const Progress& progress) {
  for (int c = static_cast<int>(threadIdx.x); c < systems.solved.columns; c += threads) systems.solved(row, c) = v.x[c];
  if (threadIdx.x != 0) return;
  systems.loss[row] = progress.loss;
  if constexpr (std::is_same_v<Systems, ExplicitSystems>) systems.bias[row] = v.x[systems.fixed.stride];
}

extern __shared__ __align__(16) float shared_floats[];

/// A block a row of the list.
template <typename S, typename Systems>
__global__ void __launch_bounds__(threads, S::lanes* S::fours <= 64
                                               ? 3
                                               : 1)  // three blocks of up to 256 factors a multiprocessor
    iterate_rows_kernel(Systems systems, Iteration iteration, DeviceCsrView rows, DeviceSpan<const std::int32_t> list) {
  __shared__ double scratch[warps];
  __shared__ Progress progress;
  const std::int32_t row = list[blockIdx.x];
  const std::int64_t begin = rows.begin(row), end = rows.end(row);
  if (begin == end) return finish_empty_row(systems, row);
  const int size = unknowns(systems);
  float* parts = shared_floats;
  const Vectors v(parts + warps * size, size);
  const double squares = sum_ratings<Sum::targets, S>(systems, rows, begin, end, nullptr, parts, v.residual, scratch);
  if (iteration.preconditioned) {
    sum_ratings<Sum::squares, S>(systems, rows, begin, end, nullptr, parts, v.scale, scratch);
  }
  begin_row(systems, row, iteration.preconditioned, squares, v, progress, scratch);
  sum_ratings<Sum::products, S>(systems, rows, begin, end, v.direction, parts, v.product, scratch);
  first_step(systems, row, v, progress, scratch);
  for (int step = 0; step < iteration.most_steps && !progress.converged; ++step) {
    sum_ratings<Sum::products, S>(systems, rows, begin, end, v.direction, parts, v.product, scratch);
    next_step(systems, row, v, progress, scratch);
  }
  store_row(systems, row, v, progress);
}

/// The iterations of the long rows.
struct LongState {
  float* vectors;      // long row × Vectors::count × unknowns
  Progress* progress;  // by long row
  float* parts;        // piece × unknowns
  double* squares;     // by piece
  __device__ Vectors of(std::int64_t owner, int size) const { return {vectors + owner * Vectors::count * size, size}; }
};

/// A block a piece of a long row.
template <Sum sum, typename S, typename Systems>
__global__ void __launch_bounds__(threads)
    sum_pieces_kernel(Systems systems, DeviceCsrView rows, DeviceSpan<const RowPiece> pieces, LongState state) {
  __shared__ double scratch[warps];
  const RowPiece piece = pieces[blockIdx.x];
  if (sum == Sum::products && state.progress[piece.owner].converged) return;
  const int size = unknowns(systems);
  const double squares =
      sum_ratings<sum, S>(systems, rows, piece.begin, piece.end, state.of(piece.owner, size).direction, shared_floats,
                          state.parts + static_cast<std::int64_t>(blockIdx.x) * size, scratch);
  if (sum == Sum::targets && threadIdx.x == 0) state.squares[blockIdx.x] = squares;
}

/// What happens to a long row when its pieces have been summed.
enum class Step { targets, begin, first, next };

/// A block a long row: adds its pieces in order, then makes the step.
template <Step step, typename Systems>
__global__ void __launch_bounds__(threads)
    step_long_rows_kernel(Systems systems, bool preconditioned, DeviceSpan<const LongRow> long_rows, LongState state) {
  __shared__ double scratch[warps];
  const LongRow row = long_rows[blockIdx.x];
  Progress& progress = state.progress[blockIdx.x];
  if (step == Step::next && progress.converged) return;
  const int size = unknowns(systems);
  const Vectors v = state.of(blockIdx.x, size);
  float* sum = step == Step::targets ? v.residual : step == Step::begin ? v.scale : v.product;
  for (int c = static_cast<int>(threadIdx.x); c < size; c += threads) {
    float value = 0;
    for (std::int64_t piece = row.first; piece < row.last; ++piece) value += state.parts[piece * size + c];
    sum[c] = value;  // the steps below read elements in the threads that wrote them, and direction
  }
  if constexpr (step == Step::begin) {
    double squares = 0;
    for (std::int64_t piece = row.first; piece < row.last; ++piece) squares += state.squares[piece];
    begin_row(systems, row.row, preconditioned, squares, v, progress, scratch);
  } else if constexpr (step == Step::first) {
    first_step(systems, row.row, v, progress, scratch);
  } else if constexpr (step == Step::next) {
    next_step(systems, row.row, v, progress, scratch);
  }
}

template <typename Systems>
__global__ void __launch_bounds__(threads)
    store_long_rows_kernel(Systems systems, DeviceSpan<const LongRow> long_rows, LongState state) {
  store_row(systems, long_rows[blockIdx.x].row, state.of(blockIdx.x, unknowns(systems)), state.progress[blockIdx.x]);
}

template <typename S, typename Systems>
class LongRows {
 public:
  LongRows(Device& device, DeviceCsrView rows, const RowPlanView& plan, const Systems& systems, Iteration iteration)
      : device_(device),
        rows_(rows),
        plan_(plan),
        systems_(systems),
        iteration_(iteration),
        vectors_(device, plan.long_rows.size * Vectors::count * unknowns(systems)),
        progress_(device, plan.long_rows.size),
        parts_(device, plan.pieces.size * unknowns(systems)),
        squares_(device, plan.pieces.size) {}

  void solve() {
    sum_pieces<Sum::targets>();
    make_step<Step::targets>();
    if (iteration_.preconditioned) sum_pieces<Sum::squares>();
    make_step<Step::begin>();
    sum_pieces<Sum::products>();
    make_step<Step::first>();
    for (int step = 0; step < iteration_.most_steps; ++step) {
      sum_pieces<Sum::products>();
      make_step<Step::next>();
    }
    store_long_rows_kernel<<<row_blocks(), threads, 0, device_.stream()>>>(systems_, plan_.long_rows, state());
    EMBRACE_CHECK(cudaGetLastError());
  }

 private:
  LongState state() { return {vectors_.span().data, progress_.span().data, parts_.span().data, squares_.span().data}; }
  unsigned row_blocks() const { return static_cast<unsigned>(plan_.long_rows.size); }

  template <Sum sum>
  void sum_pieces() {
    const std::size_t shared = sizeof(float) * warps * static_cast<std::size_t>(unknowns(systems_));
    sum_pieces_kernel<sum, S><<<static_cast<unsigned>(plan_.pieces.size), threads, shared, device_.stream()>>>(
        systems_, rows_, plan_.pieces, state());
    EMBRACE_CHECK(cudaGetLastError());
  }
  template <Step step>
  void make_step() {
    step_long_rows_kernel<step>
        <<<row_blocks(), threads, 0, device_.stream()>>>(systems_, iteration_.preconditioned, plan_.long_rows, state());
    EMBRACE_CHECK(cudaGetLastError());
  }

  Device& device_;
  DeviceCsrView rows_;
  RowPlanView plan_;
  const Systems& systems_;
  Iteration iteration_;
  DeviceBuffer<float> vectors_;
  DeviceBuffer<Progress> progress_;
  DeviceBuffer<float> parts_;
  DeviceBuffer<double> squares_;
};

template <typename S, typename Systems>
void iterate(Device& device, DeviceCsrView rows, const RowPlanView& plan, const Systems& systems, Iteration iteration) {
  if (!plan.pieces.empty()) LongRows<S, Systems>(device, rows, plan, systems, iteration).solve();
  const std::size_t shared = sizeof(float) * (warps + Vectors::count) * static_cast<std::size_t>(unknowns(systems));
  EMBRACE_CHECK(cudaFuncSetAttribute(iterate_rows_kernel<S, Systems>, cudaFuncAttributeMaxDynamicSharedMemorySize,
                                     static_cast<int>(shared)));
  for (const auto& list : {plan.medium_rows, plan.short_rows}) {
    if (list.empty()) continue;
    iterate_rows_kernel<S>
        <<<static_cast<unsigned>(list.size), threads, shared, device.stream()>>>(systems, iteration, rows, list);
    EMBRACE_CHECK(cudaGetLastError());
  }
}

template <typename Systems>
void choose(Device& device, DeviceCsrView rows, const RowPlanView& plan, const Systems& systems, Iteration iteration) {
  const std::int64_t factors = systems.fixed.columns;
  if (factors <= 32) return iterate<Spread<8, 1>>(device, rows, plan, systems, iteration);
  if (factors <= 64) return iterate<Spread<8, 2>>(device, rows, plan, systems, iteration);
  if (factors <= 128) return iterate<Spread<8, 4>>(device, rows, plan, systems, iteration);
  if (factors <= 256) return iterate<Spread<32, 2>>(device, rows, plan, systems, iteration);
  if (factors <= 512) return iterate<Spread<32, 4>>(device, rows, plan, systems, iteration);
  if (factors <= most_factors) return iterate<Spread<32, 8>>(device, rows, plan, systems, iteration);
  throw Unsupported("the solver takes up to " + std::to_string(most_factors) + " factors; use fewer");
}

}  // namespace

void solve_by_conjugate_gradients(Device& device, DeviceCsrView rows, const RowPlanView& plan,
                                  const ExplicitSystems& systems) {
  choose(device, rows, plan, systems, to_the_minimum);
}
void solve_by_conjugate_gradients(Device& device, DeviceCsrView rows, const RowPlanView& plan,
                                  const ImplicitSystems& systems) {
  choose(device, rows, plan, systems, to_the_minimum);
}

void improve_rows(Device& device, DeviceCsrView rows, const RowPlanView& plan, const ImplicitSystems& systems,
                  int steps) {
  EMBRACE_PHASE("improve rows");
  const Iteration iteration{steps, false};
  if (systems.fixed.columns > most_kept_factors) return choose(device, rows, plan, systems, iteration);
  if (!plan.long_rows.empty()) {
    const RowPlanView long_rows{
        .short_rows = {}, .medium_rows = {}, .long_rows = plan.long_rows, .pieces = plan.pieces};
    choose(device, rows, long_rows, systems, iteration);
  }
  improve_kept_rows(device, rows, plan, systems, steps);
}

std::int64_t conjugate_gradients_bytes(CsrView rows, std::int64_t factors) {
  // A long row has at least one piece.
  const std::int64_t size = DeviceMatrix::stride(factors) + 4;
  return rows.entries() / RowPlan::longest_medium *
         ((Vectors::count + 1) * size * 4 + 8 + std::int64_t{sizeof(Progress)});
}

std::int64_t conjugate_gradients_shared_bytes(std::int64_t factors) {
  return static_cast<std::int64_t>(sizeof(float)) * (warps + Vectors::count) * (DeviceMatrix::stride(factors) + 4);
}

}  // namespace embrace::gpu
