// What the kernels of conjugate_gradients.cu are made of: a row's iteration in a block of threads, cut where the sum
// over its ratings comes in, which one block or several may form.
#pragma once
#include <type_traits>

#include "cuda/math/conjugate_gradients.hpp"
#include "cuda/math/normal_equations.cuh"

namespace embrace::gpu::conjugate_gradients {

inline constexpr int threads = 256;
inline constexpr int warps = threads / warp_size;
inline constexpr double enough = 1e-14;  // square of the relative residual: what single precision can do

/// Σ over ratings of: e y (and e² in double), y ∘ y, or y (y · direction); with a 1 behind y where there is a bias.
enum class Sum { targets, squares, products };

__host__ __device__ inline bool has_bias(const ExplicitSystems&) { return true; }
__host__ __device__ inline bool has_bias(const ImplicitSystems&) { return false; }
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
  float* scale;    // 1 / A_ii, or 1
  constexpr __host__ __device__ Vectors(float* memory, int size)
      : x(memory), residual(x + size), direction(residual + size), product(direction + size), scale(product + size) {}
  static constexpr int count = 5;
};
/// How a row is iterated.
struct Iteration {
  int most_steps;
  bool preconditioned;  // by the diagonal
};
struct Progress {
  double loss;  // at x
  double rho;   // residual · scale · residual
  double goal;  // for rho
  bool converged;
};

/// Block sum in a fixed order, given to every thread.
__device__ inline double sum_everywhere(double value, double (&scratch)[warps]) {
  value = group_sum<warp_size>(value);
  __syncthreads();  // scratch of the last call has been read
  if (threadIdx.x % warp_size == 0) scratch[threadIdx.x / warp_size] = value;
  __syncthreads();  // all warps' sums are there
  value = 0;
  for (const double part : scratch) value += part;
  return value;
}

/// How a vector lies in a warp: `lanes` neighbouring lanes a rating, with every `lanes`-th float4 of its vector each. A
/// warp has several ratings at hand where vectors are short; the shuffles for a product serve all of them.
template <int lanes_, int fours_>
struct Spread {
  static constexpr int lanes = lanes_, fours = fours_, ratings = warp_size / lanes;
};

/// Sum over the lanes that hold the same part of different vectors, given to all of them.
template <int lanes>
__device__ float sum_over_ratings(float value) {
#pragma unroll
  for (int step = lanes; step < warp_size; step *= 2) value += __shfl_xor_sync(all_lanes, value, step);
  return value;
}

/// out = the sum over the ratings [begin, end); returns Σ e², the block's, for Sum::targets. `parts`: a vector a warp.
template <Sum sum, typename S, typename Systems>
__device__ double sum_ratings(const Systems& systems, DeviceCsrView rows, std::int64_t begin, std::int64_t end,
                              const float* direction, float* parts, float* out, double (&scratch)[warps]) {
  constexpr int fours = S::fours, lanes = S::lanes;
  const int size = unknowns(systems), stride = static_cast<int>(systems.fixed.stride);
  const int warp = static_cast<int>(threadIdx.x) / warp_size, lane = static_cast<int>(threadIdx.x) % warp_size;
  const int member = lane % lanes, mine = lane / lanes;
  float4 total[fours], d[fours];
  float bias_total = 0, bias_direction = 0;
  double squares = 0;
#pragma unroll
  for (int i = 0; i < fours; ++i) {
    const int first = (member + i * lanes) * 4;
    total[i] = make_float4(0, 0, 0, 0);
    if (sum == Sum::products) {
      d[i] = first < stride ? *reinterpret_cast<const float4*>(direction + first) : make_float4(0, 0, 0, 0);
    }
  }
  if (sum == Sum::products && has_bias(systems)) bias_direction = direction[stride];
  // All lanes go around as often as the first, for the shuffles; a lane beyond the end adds zeros.
  const auto count = static_cast<int>(end - begin);
  const std::int32_t* columns = rows.indices.data + begin;
  for (int rating = warp * S::ratings + mine; rating - mine < count; rating += warps * S::ratings) {
    const bool active = rating < count;
    const std::int32_t column = active ? columns[rating] : 0;
    const float* vector = systems.fixed.row(column);
    float4 y[fours];
    float weight = 0;
#pragma unroll
    for (int i = 0; i < fours; ++i) {
      const int first = (member + i * lanes) * 4;
      y[i] = active && first < stride ? *reinterpret_cast<const float4*>(vector + first) : make_float4(0, 0, 0, 0);
      if (sum == Sum::products) weight += y[i].x * d[i].x + y[i].y * d[i].y + (y[i].z * d[i].z + y[i].w * d[i].w);
    }
    if (sum == Sum::products) {
      weight = group_sum<lanes>(weight) + bias_direction;
    } else if (sum == Sum::targets && active) {
      const double e = target(systems, column, rows.values[begin + rating]);
      squares += e * e;
      weight = static_cast<float>(e);
    }
    if (active) bias_total += sum == Sum::squares ? 1.0F : weight;
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
    const int first = (member + i * lanes) * 4;
    total[i] = make_float4(sum_over_ratings<lanes>(total[i].x), sum_over_ratings<lanes>(total[i].y),
                           sum_over_ratings<lanes>(total[i].z), sum_over_ratings<lanes>(total[i].w));
    if (mine == 0 && first < stride) *reinterpret_cast<float4*>(parts + warp * size + first) = total[i];
  }
  if (has_bias(systems)) {
    bias_total = sum_over_ratings<lanes>(bias_total);
    if (lane < 4) parts[warp * size + stride + lane] = lane == 0 ? bias_total : 0;
  }
  __syncthreads();  // a thread adds what all warps left
  for (int c = static_cast<int>(threadIdx.x); c < size; c += threads) {
    float value = 0;
    for (int w = 0; w < warps; ++w) value += parts[w * size + c];
    out[c] = value;
  }
  __syncthreads();  // parts may be overwritten, out be read
  return sum == Sum::targets ? sum_everywhere(member == 0 ? squares : 0, scratch) : 0;
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
__device__ inline float base_product(const ExplicitSystems&, const float*, int) { return 0; }
__device__ inline float base_product(const ImplicitSystems& systems, const float* d, int c) {
  float value = 0;
  for (int l = 0; l < systems.fixed.columns; ++l) value += systems.gram(l, c) * d[l];
  return systems.alpha * value;
}

// The steps between sums over ratings. Each ends with a barrier by sum_everywhere or says why it needs none.

/// residual holds Σ e y, which is completed, scale Σ y ∘ y where it is wanted. What follows is the product with
/// direction = x.
template <typename Systems>
__device__ void begin_row(const Systems& systems, std::int32_t row, bool preconditioned, double squares, Vectors v,
                          Progress& progress, double (&scratch)[warps]) {
  double size_of_right = 0;
  for (int c = static_cast<int>(threadIdx.x); c < unknowns(systems); c += threads) {
    v.x[c] = c < systems.solved.columns ? systems.solved(row, c) : 0;
    if constexpr (std::is_same_v<Systems, ExplicitSystems>) {
      if (c == systems.fixed.stride) v.x[c] = systems.bias[row];
    }
    v.direction[c] = v.x[c];
    if (has_start(systems)) v.residual[c] += start(systems, row, c);
    float scale = 1;
    if (preconditioned) {
      const float diagonal =
          v.scale[c] + ridge_of(systems, row, c) + (c < systems.fixed.columns ? base(systems, c, c) : 0.0F);
      scale = diagonal > 0 ? 1 / diagonal : 0;
    }
    v.scale[c] = scale;
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

}  // namespace embrace::gpu::conjugate_gradients
