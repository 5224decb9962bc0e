// Half-sweeps by conjugate gradients (Hestenes and Stiefel 1952) on the systems of normal_equations.hpp, with the
// diagonal as preconditioner, the bias as one unknown more, and the row's last vector as start. The matrix is never
// formed: A d = Σ y (y · d) + ridge d + α G d.
// Mapping: a block of 8 warps a row of up to 2048 ratings, the vectors of the iteration in shared memory; a warp a
// rating
//   at a time, its lanes holding d and their share of the sum in registers; the warps' sums are added in order. Longer
//   rows go through the same steps all together, a launch a step: a block a piece for the sum over its ratings, a block
//   a row for the rest, with the vectors in memory. Rows that have converged leave at once.
// Cost of a step and row of n ratings: n (4 k + 4) bytes, mostly from the L2 cache, 4 n k flops (+ 2 k² with G). Bound
// by
//   that cache: k / (k + 1) flops a byte.
#include "cuda/conjugate_gradients.hpp"

#include <algorithm>
#include <string>

#include "cuda/normal_equations.cuh"
#include "host/error.hpp"

namespace embrace::gpu {
namespace {

constexpr int threads = 256;
constexpr int warps = threads / warp_size;
constexpr int most_steps = 200;   // of well-posed systems none needs half as many
constexpr double enough = 1e-14;  // square of the relative residual: what single precision can do

/// Σ over ratings of: e y (and e² in double), y ∘ y, or y (y · direction); with a 1 behind y where there is a bias.
enum class Sum { targets, squares, products };

__host__ __device__ bool has_bias(const ExplicitSystems&) { return true; }
__host__ __device__ bool has_bias(const ImplicitSystems&) { return false; }
/// Length of the iteration's vectors: x up to the stride, then b and three zeros.
template <typename Systems>
__host__ __device__ int unknowns(const Systems& systems) {
  return static_cast<int>(systems.fixed.stride) + (has_bias(systems) ? 4 : 0);
}

/// A row's iteration, in shared memory or not.
struct Vectors {
  float* x;
  float* residual;
  float* direction;
  float* product;  // A direction
  float* scale;    // 1 / A_ii
  constexpr __host__ __device__ Vectors(float* memory, int size)
      : x(memory), residual(x + size), direction(residual + size), product(direction + size), scale(product + size) {}
  static constexpr int count = 5;
};
struct Progress {
  double loss;  // at x
  double rho;   // residual · scale · residual
  double goal;  // for rho
  bool converged;
};

/// Block sum in a fixed order, given to every thread.
__device__ double sum_everywhere(double value, double (&scratch)[warps]) {
  value = group_sum<warp_size>(value);
  __syncthreads();  // scratch of the last call has been read
  if (threadIdx.x % warp_size == 0) scratch[threadIdx.x / warp_size] = value;
  __syncthreads();  // all warps' sums are there
  value = 0;
  for (const double part : scratch) value += part;
  return value;
}

/// out = the sum over the ratings [begin, end); returns Σ e², the block's, for Sum::targets. `parts`: a vector a warp.
template <Sum sum, int fours, typename Systems>
__device__ double sum_ratings(const Systems& systems, DeviceCsrView rows, std::int64_t begin, std::int64_t end,
                              const float* direction, float* parts, float* out, double (&scratch)[warps]) {
  const int size = unknowns(systems), stride = static_cast<int>(systems.fixed.stride);
  const int warp = static_cast<int>(threadIdx.x) / warp_size, lane = static_cast<int>(threadIdx.x) % warp_size;
  float4 total[fours], d[fours];
  float bias_total = 0, bias_direction = 0;
  double squares = 0;
#pragma unroll
  for (int i = 0; i < fours; ++i) {
    const int first = (lane + i * warp_size) * 4;
    total[i] = make_float4(0, 0, 0, 0);
    if (sum == Sum::products) {
      d[i] = first < stride ? *reinterpret_cast<const float4*>(direction + first) : make_float4(0, 0, 0, 0);
    }
  }
  if (sum == Sum::products && has_bias(systems)) bias_direction = direction[stride];
  for (std::int64_t rating = begin + warp; rating < end; rating += warps) {
    const std::int32_t column = rows.indices[rating];
    const float* vector = systems.fixed.row(column);
    float4 y[fours];
    float weight = 0;
#pragma unroll
    for (int i = 0; i < fours; ++i) {
      const int first = (lane + i * warp_size) * 4;
      y[i] = first < stride ? *reinterpret_cast<const float4*>(vector + first) : make_float4(0, 0, 0, 0);
      if (sum == Sum::products) weight += y[i].x * d[i].x + y[i].y * d[i].y + (y[i].z * d[i].z + y[i].w * d[i].w);
    }
    if (sum == Sum::products) {
      weight = group_sum<warp_size>(weight) + bias_direction;
    } else if (sum == Sum::targets) {
      const double e = target(systems, column, rows.values[rating]);
      squares += e * e;
      weight = static_cast<float>(e);
    }
    bias_total += sum == Sum::squares ? 1.0F : weight;
#pragma unroll
    for (int i = 0; i < fours; ++i) {
      total[i].x += (sum == Sum::squares ? y[i].x : weight) * y[i].x;
      total[i].y += (sum == Sum::squares ? y[i].y : weight) * y[i].y;
      total[i].z += (sum == Sum::squares ? y[i].z : weight) * y[i].z;
      total[i].w += (sum == Sum::squares ? y[i].w : weight) * y[i].w;
    }
  }
#pragma unroll
  for (int i = 0; i < fours; ++i) {
    const int first = (lane + i * warp_size) * 4;
    if (first < stride) *reinterpret_cast<float4*>(parts + warp * size + first) = total[i];
  }
  if (has_bias(systems) && lane < 4) parts[warp * size + stride + lane] = lane == 0 ? bias_total : 0;
  __syncthreads();  // a thread adds what all warps left
  for (int c = static_cast<int>(threadIdx.x); c < size; c += threads) {
    float value = 0;
    for (int w = 0; w < warps; ++w) value += parts[w * size + c];
    out[c] = value;
  }
  __syncthreads();  // parts may be overwritten, out be read
  return sum == Sum::targets ? sum_everywhere(lane == 0 ? squares : 0, scratch) : 0;
}

/// What stands on the diagonal beside the ratings.
template <typename Systems>
__device__ float ridge_of(const Systems& systems, std::int32_t row, int c) {
  if (c < systems.fixed.columns) return systems.ridge[row];
  if constexpr (std::is_same_v<Systems, ExplicitSystems>) {
    if (c == systems.fixed.stride) return static_cast<float>(systems.bias_ridge);
  }
  return 0;
}
/// (α G d)_c: neighbouring threads read neighbouring elements, as G is symmetric.
__device__ float base_product(const ExplicitSystems&, const float*, int) { return 0; }
__device__ float base_product(const ImplicitSystems& systems, const float* d, int c) {
  float value = 0;
  for (int l = 0; l < systems.fixed.columns; ++l) value += systems.gram(l, c) * d[l];
  return systems.alpha * value;
}

// The steps between sums over ratings. Each ends with a barrier by sum_everywhere or says why it needs none.

/// residual holds Σ e y, scale Σ y ∘ y: the start. What follows is the product with direction = x.
template <typename Systems>
__device__ void begin_row(const Systems& systems, std::int32_t row, double squares, Vectors v, Progress& progress,
                          double (&scratch)[warps]) {
  double size_of_right = 0;
  for (int c = static_cast<int>(threadIdx.x); c < unknowns(systems); c += threads) {
    v.x[c] = c < systems.solved.columns ? systems.solved(row, c) : 0;
    if constexpr (std::is_same_v<Systems, ExplicitSystems>) {
      if (c == systems.fixed.stride) v.x[c] = systems.bias[row];
    }
    v.direction[c] = v.x[c];
    const float diagonal =
        v.scale[c] + ridge_of(systems, row, c) + (c < systems.fixed.columns ? base(systems, c, c) : 0.0F);
    v.scale[c] = diagonal > 0 ? 1 / diagonal : 0;
    size_of_right += static_cast<double>(v.residual[c]) * static_cast<double>(v.residual[c] * v.scale[c]);
  }
  size_of_right = sum_everywhere(size_of_right, scratch);
  if (threadIdx.x == 0) progress = {squares, 0, enough * size_of_right, false};
  __syncthreads();  // progress and direction are read by all
}

/// product = A direction, once the sum over the ratings is in it.
template <typename Systems>
__device__ float complete_product(const Systems& systems, std::int32_t row, Vectors v, int c) {
  float value = v.product[c] + ridge_of(systems, row, c) * v.direction[c];
  if (c < systems.fixed.columns) value += base_product(systems, v.direction, c);
  return value;
}

/// residual = right-hand side - A x, and the first direction.
template <typename Systems>
__device__ void first_step(const Systems& systems, std::int32_t row, Vectors v, Progress& progress,
                           double (&scratch)[warps]) {
  double explained = 0, rho = 0;
  for (int c = static_cast<int>(threadIdx.x); c < unknowns(systems); c += threads) {
    const float right = v.residual[c], residual = right - complete_product(systems, row, v, c);
    explained += static_cast<double>(v.x[c]) * (static_cast<double>(right) + static_cast<double>(residual));
    rho += static_cast<double>(residual) * static_cast<double>(residual * v.scale[c]);
    v.residual[c] = residual;
  }
  explained = sum_everywhere(explained, scratch);
  rho = sum_everywhere(rho, scratch);  // after it, nobody reads direction any more
  for (int c = static_cast<int>(threadIdx.x); c < unknowns(systems); c += threads) {
    v.direction[c] = v.scale[c] * v.residual[c];
  }
  if (threadIdx.x == 0) {
    progress.loss -= explained;
    progress.rho = rho;
    progress.converged = !(rho > progress.goal);  // also when it is not a number
  }
  __syncthreads();  // progress and direction are read by all
}

template <typename Systems>
__device__ void next_step(const Systems& systems, std::int32_t row, Vectors v, Progress& progress,
                          double (&scratch)[warps]) {
  double curvature = 0;
  for (int c = static_cast<int>(threadIdx.x); c < unknowns(systems); c += threads) {
    const float product = complete_product(systems, row, v, c);
    curvature += static_cast<double>(v.direction[c]) * static_cast<double>(product);
    v.product[c] = product;
  }
  curvature = sum_everywhere(curvature, scratch);
  const double last_rho = progress.rho;
  const double length = curvature > 0 ? last_rho / curvature : 0;
  double rho = 0;
  for (int c = static_cast<int>(threadIdx.x); c < unknowns(systems); c += threads) {
    v.x[c] += static_cast<float>(length) * v.direction[c];
    v.residual[c] -= static_cast<float>(length) * v.product[c];
    rho += static_cast<double>(v.residual[c]) * static_cast<double>(v.residual[c] * v.scale[c]);
  }
  rho = sum_everywhere(rho, scratch);  // after it, all have read progress
  for (int c = static_cast<int>(threadIdx.x); c < unknowns(systems); c += threads) {
    v.direction[c] = v.scale[c] * v.residual[c] + static_cast<float>(rho / last_rho) * v.direction[c];
  }
  if (threadIdx.x == 0) {
    progress.loss -= length * last_rho;
    progress.rho = rho;
    progress.converged = !(rho > progress.goal) || !(curvature > 0);
  }
  __syncthreads();  // progress and direction are read by all
}

template <typename Systems>
__device__ void store_row(const Systems& systems, std::int32_t row, Vectors v, const Progress& progress) {
  for (int c = static_cast<int>(threadIdx.x); c < systems.solved.columns; c += threads) systems.solved(row, c) = v.x[c];
  if (threadIdx.x != 0) return;
  systems.loss[row] = progress.loss;
  if constexpr (std::is_same_v<Systems, ExplicitSystems>) systems.bias[row] = v.x[systems.fixed.stride];
}

extern __shared__ __align__(16) float shared_floats[];

/// A block a row of the list.
template <int fours, typename Systems>
__global__ void __launch_bounds__(threads, 1)  // up to 255 registers rather than spills
    iterate_rows_kernel(Systems systems, DeviceCsrView rows, DeviceSpan<const std::int32_t> list) {
  __shared__ double scratch[warps];
  __shared__ Progress progress;
  const std::int32_t row = list[blockIdx.x];
  const std::int64_t begin = rows.begin(row), end = rows.end(row);
  if (begin == end) return finish_empty_row(systems, row);
  const int size = unknowns(systems);
  float* parts = shared_floats;
  const Vectors v(parts + warps * size, size);
  const double squares =
      sum_ratings<Sum::targets, fours>(systems, rows, begin, end, nullptr, parts, v.residual, scratch);
  sum_ratings<Sum::squares, fours>(systems, rows, begin, end, nullptr, parts, v.scale, scratch);
  begin_row(systems, row, squares, v, progress, scratch);
  sum_ratings<Sum::products, fours>(systems, rows, begin, end, v.direction, parts, v.product, scratch);
  first_step(systems, row, v, progress, scratch);
  for (int step = 0; step < most_steps && !progress.converged; ++step) {
    sum_ratings<Sum::products, fours>(systems, rows, begin, end, v.direction, parts, v.product, scratch);
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
template <Sum sum, int fours, typename Systems>
__global__ void __launch_bounds__(threads)
    sum_pieces_kernel(Systems systems, DeviceCsrView rows, DeviceSpan<const RowPiece> pieces, LongState state) {
  __shared__ double scratch[warps];
  const RowPiece piece = pieces[blockIdx.x];
  if (sum == Sum::products && state.progress[piece.owner].converged) return;
  const int size = unknowns(systems);
  const double squares =
      sum_ratings<sum, fours>(systems, rows, piece.begin, piece.end, state.of(piece.owner, size).direction,
                              shared_floats, state.parts + static_cast<std::int64_t>(blockIdx.x) * size, scratch);
  if (sum == Sum::targets && threadIdx.x == 0) state.squares[blockIdx.x] = squares;
}

/// What happens to a long row when its pieces have been summed.
enum class Step { targets, begin, first, next };

/// A block a long row: adds its pieces in order, then makes the step.
template <Step step, typename Systems>
__global__ void __launch_bounds__(threads)
    step_long_rows_kernel(Systems systems, DeviceSpan<const LongRow> long_rows, LongState state) {
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
    begin_row(systems, row.row, squares, v, progress, scratch);
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

template <int fours, typename Systems>
class LongRows {
 public:
  LongRows(Device& device, DeviceCsrView rows, const RowPlanView& plan, const Systems& systems)
      : device_(device),
        rows_(rows),
        plan_(plan),
        systems_(systems),
        vectors_(device, plan.long_rows.size * Vectors::count * unknowns(systems)),
        progress_(device, plan.long_rows.size),
        parts_(device, plan.pieces.size * unknowns(systems)),
        squares_(device, plan.pieces.size) {}

  void solve() {
    advance<Sum::targets, Step::targets>();
    advance<Sum::squares, Step::begin>();
    advance<Sum::products, Step::first>();
    for (int step = 0; step < most_steps; ++step) advance<Sum::products, Step::next>();
    store_long_rows_kernel<<<row_blocks(), threads, 0, device_.stream()>>>(systems_, plan_.long_rows, state());
    EMBRACE_CHECK(cudaGetLastError());
  }

 private:
  LongState state() { return {vectors_.span().data, progress_.span().data, parts_.span().data, squares_.span().data}; }
  unsigned row_blocks() const { return static_cast<unsigned>(plan_.long_rows.size); }

  template <Sum sum, Step step>
  void advance() {
    const std::size_t shared = sizeof(float) * warps * static_cast<std::size_t>(unknowns(systems_));
    sum_pieces_kernel<sum, fours><<<static_cast<unsigned>(plan_.pieces.size), threads, shared, device_.stream()>>>(
        systems_, rows_, plan_.pieces, state());
    EMBRACE_CHECK(cudaGetLastError());
    step_long_rows_kernel<step><<<row_blocks(), threads, 0, device_.stream()>>>(systems_, plan_.long_rows, state());
    EMBRACE_CHECK(cudaGetLastError());
  }

  Device& device_;
  DeviceCsrView rows_;
  RowPlanView plan_;
  const Systems& systems_;
  DeviceBuffer<float> vectors_;
  DeviceBuffer<Progress> progress_;
  DeviceBuffer<float> parts_;
  DeviceBuffer<double> squares_;
};

template <int fours, typename Systems>
void iterate(Device& device, DeviceCsrView rows, const RowPlanView& plan, const Systems& systems) {
  if (!plan.pieces.empty()) LongRows<fours, Systems>(device, rows, plan, systems).solve();
  const std::size_t shared = sizeof(float) * (warps + Vectors::count) * static_cast<std::size_t>(unknowns(systems));
  EMBRACE_CHECK(cudaFuncSetAttribute(iterate_rows_kernel<fours, Systems>, cudaFuncAttributeMaxDynamicSharedMemorySize,
                                     static_cast<int>(shared)));
  for (const auto& list : {plan.medium_rows, plan.short_rows}) {
    if (list.empty()) continue;
    iterate_rows_kernel<fours>
        <<<static_cast<unsigned>(list.size), threads, shared, device.stream()>>>(systems, rows, list);
    EMBRACE_CHECK(cudaGetLastError());
  }
}

template <typename Systems>
void choose(Device& device, DeviceCsrView rows, const RowPlanView& plan, const Systems& systems) {
  const std::int64_t factors = systems.fixed.columns;
  if (factors <= 256) return iterate<2>(device, rows, plan, systems);
  if (factors <= 512) return iterate<4>(device, rows, plan, systems);
  if (factors <= most_factors) return iterate<8>(device, rows, plan, systems);
  throw Unsupported("the solver takes up to " + std::to_string(most_factors) + " factors; use fewer");
}

}  // namespace

void solve_by_conjugate_gradients(Device& device, DeviceCsrView rows, const RowPlanView& plan,
                                  const ExplicitSystems& systems) {
  choose(device, rows, plan, systems);
}
void solve_by_conjugate_gradients(Device& device, DeviceCsrView rows, const RowPlanView& plan,
                                  const ImplicitSystems& systems) {
  choose(device, rows, plan, systems);
}

std::int64_t conjugate_gradients_bytes(CsrView rows, std::int64_t factors) {
  // A long row has at least one piece.
  const std::int64_t size = DeviceMatrix::stride(factors) + 4;
  return rows.entries() / RowPlan::longest_medium *
         ((Vectors::count + 1) * size * 4 + 8 + std::int64_t{sizeof(Progress)});
}

}  // namespace embrace::gpu
