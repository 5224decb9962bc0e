// The regression of vectors q on features, of feature-ials (host/methods/feature_ials_regression.hpp): conjugate
// gradients (Hestenes and Stiefel 1952) on (X'ΛX + δ 1) W = X'ΛQ, whose diagonal is one in the unknowns u = w / s, for
// all factors side by side:
//   r = X'Λ (Q - X U) - δ U,  d = r                             begin
//   p = X'Λ X d + δ d,  length = r·r / d·p                      bend
//   u += length d,  r -= length p,  turn = r·r / r·r before     move
//   d = r + turn d                                              turn
// up to ten times, or until no factor has more than 1e-12 of its first r·r; then launches find nothing to do, and the
// host never waits.
// Mapping: products by X and X'Λ by cuda/math/spmm.hpp. Sums over features take a block 256 of them and 32 factors, a
// lane a factor, a warp every eighth feature; a warp a factor adds what the blocks leave. Every sum has one order.
// Cost of a step for k factors: two products, 8 k + 16 bytes an entry of X, and 48 k bytes a feature; bound by memory,
// and for few features by its launches: five and those of the products.
#include "cuda/methods/feature_ials_regression.hpp"

#include <algorithm>
#include <utility>

#include "cuda/device/phase.hpp"
#include "cuda/math/quads.cuh"
#include "cuda/math/reduce.cuh"
#include "cuda/math/ridges.hpp"
#include "cuda/math/spmm.hpp"

namespace embrace::gpu {
namespace {

constexpr int threads = 256;
constexpr int warps = threads / warp_size;
constexpr std::int64_t features_a_part = 256;

std::int64_t parts_of(std::int64_t features) { return blocks_for(features, features_a_part); }

/// All rows are features; what has one number a factor says so.
struct State {
  DeviceMatrixView<float> unknowns, residual, direction, product;
  DeviceSpan<const float> ridges;        // by feature
  DeviceSpan<double> parts;              // factor × part
  DeviceSpan<double> squares;            // by factor
  DeviceSpan<double> first;              // by factor
  DeviceMatrixView<float> coefficients;  // one row: lengths, then turns
  DeviceSpan<int> done;                  // one: not 0 when nothing is left to be done
};

__device__ float ratio(double a, double b) { return b > 0 ? static_cast<float>(a / b) : 0.0F; }
__device__ double square(float x) { return static_cast<double>(x) * static_cast<double>(x); }

// What each feature adds to the sum of a factor, and what that sum is for, which says whether the factor is finished.

struct Begin {
  static constexpr bool always = true;
  __device__ static double add(const State& s, std::int64_t f, std::int64_t k) {
    const float r = s.residual(f, k) - s.ridges[f] * s.unknowns(f, k);
    s.residual(f, k) = s.direction(f, k) = r;
    return square(r);
  }
  __device__ static bool finish(const State& s, std::int64_t k, double sum) {
    s.first[k] = s.squares[k] = sum;
    return sum <= embrace::smallest_feature_share * sum;
  }
};

struct Bend {
  static constexpr bool always = false;
  __device__ static double add(const State& s, std::int64_t f, std::int64_t k) {
    const float d = s.direction(f, k), p = s.product(f, k) + s.ridges[f] * d;
    s.product(f, k) = p;
    return static_cast<double>(d) * static_cast<double>(p);
  }
  __device__ static bool finish(const State& s, std::int64_t k, double sum) {
    s.coefficients(0, k) = ratio(s.squares[k], sum);
    return false;
  }
};

struct Move {
  static constexpr bool always = false;
  __device__ static double add(const State& s, std::int64_t f, std::int64_t k) {
    const float length = s.coefficients(0, k), r = s.residual(f, k) - length * s.product(f, k);
    s.unknowns(f, k) += length * s.direction(f, k);
    s.residual(f, k) = r;
    return square(r);
  }
  __device__ static bool finish(const State& s, std::int64_t k, double sum) {
    s.coefficients(0, k) = ratio(sum, s.squares[k]);
    s.squares[k] = sum;
    return sum <= embrace::smallest_feature_share * s.first[k];
  }
};

/// A block a part of the features and 32 factors.
template <typename Pass>
__global__ void __launch_bounds__(threads) add_features_kernel(State state) {
  __shared__ double scratch[warps][warp_size];
  if (!Pass::always && state.done[0] != 0) return;
  const int warp = static_cast<int>(threadIdx.x) / warp_size, lane = static_cast<int>(threadIdx.x) % warp_size;
  const std::int64_t k = static_cast<std::int64_t>(blockIdx.y) * warp_size + lane;
  const std::int64_t begin = static_cast<std::int64_t>(blockIdx.x) * features_a_part;
  const std::int64_t end = min(begin + features_a_part, state.unknowns.rows);
  double sum = 0;
  if (k < state.unknowns.columns) {
    for (std::int64_t f = begin + warp; f < end; f += warps) sum += Pass::add(state, f, k);
  }
  scratch[warp][lane] = sum;
  __syncthreads();  // the first warp adds what all of them have found
  if (warp != 0 || k >= state.unknowns.columns) return;
  for (int other = 1; other < warps; ++other) sum += scratch[other][lane];
  state.parts[k * gridDim.x + blockIdx.x] = sum;
}

/// One block, a warp a factor.
template <typename Pass>
__global__ void __launch_bounds__(threads) finish_factors_kernel(State state, std::int64_t parts) {
  __shared__ bool finished[warps];
  if (!Pass::always && state.done[0] != 0) return;
  const int warp = static_cast<int>(threadIdx.x) / warp_size, lane = static_cast<int>(threadIdx.x) % warp_size;
  bool all = true;
  for (std::int64_t k = warp; k < state.unknowns.columns; k += warps) {
    double sum = 0;
    for (std::int64_t part = lane; part < parts; part += warp_size) sum += state.parts[k * parts + part];
    sum = group_sum<warp_size>(sum);
    if (lane == 0 && !Pass::finish(state, k, sum)) all = false;
  }
  if (lane == 0) finished[warp] = all;
  __syncthreads();  // all have seen that something was to be done, and what the warps have found is there
  if (threadIdx.x != 0) return;
  for (const bool of_warp : finished) all = all && of_warp;
  state.done[0] = all ? 1 : 0;
}

/// A thread four factors of a feature.
__global__ void __launch_bounds__(threads) turn_kernel(State state) {
  const std::int64_t i = static_cast<std::int64_t>(blockIdx.x) * threads + threadIdx.x;
  const std::int64_t quads = state.direction.stride / 4, f = i / quads, quad = i % quads;
  if (f >= state.direction.rows || state.done[0] != 0) return;
  const float4 turn = quad_of(state.coefficients, 0, quad), r = quad_of(state.residual, f, quad);
  float4& d = quad_of(state.direction, f, quad);
  d = make_float4(r.x + turn.x * d.x, r.y + turn.y * d.y, r.z + turn.z * d.z, r.w + turn.w * d.w);
}

/// A thread four numbers of a row.
__global__ void __launch_bounds__(threads)
    subtract_kernel(DeviceMatrixView<const float> a, DeviceMatrixView<const float> b, DeviceMatrixView<float> out) {
  const std::int64_t i = static_cast<std::int64_t>(blockIdx.x) * threads + threadIdx.x;
  const std::int64_t quads = out.stride / 4, row = i / quads, quad = i % quads;
  if (row >= out.rows) return;
  float4 difference = quad_of(a, row, quad);
  add_scaled(-1.0F, quad_of(b, row, quad), difference);
  quad_of(out, row, quad) = difference;
}

template <typename Pass>
void launch(Device& device, const State& state) {
  const std::int64_t parts = parts_of(state.unknowns.rows);
  const dim3 grid(static_cast<unsigned>(parts), blocks_for(state.unknowns.columns, warp_size));
  add_features_kernel<Pass><<<grid, threads, 0, device.stream()>>>(state);
  EMBRACE_CHECK(cudaGetLastError());
  finish_factors_kernel<Pass><<<1, threads, 0, device.stream()>>>(state, parts);
  EMBRACE_CHECK(cudaGetLastError());
}

void multiply(Device& device, const PlannedRows& matrix, DeviceMatrixView<const float> x, DeviceMatrixView<float> out) {
  multiply_sparse(device, {.matrix = matrix.matrix.view(), .plan = matrix.plan.view(), .x = x}, out);
}

}  // namespace

FeatureRegression::FeatureRegression(Device& device, const embrace::FeatureSystem& system, std::int64_t factors)
    : forward_(device, system.forward.view()),
      backward_(device, system.backward.view()),
      ridges_(device, Span<const float>(system.ridges)),
      unknowns_(device, system.features(), factors),
      residual_(device, system.features(), factors),
      direction_(device, system.features(), factors),
      product_(device, system.features(), factors),
      fitted_(device, system.forward.rows(), factors),
      difference_(device, system.forward.rows(), factors),
      parts_(device, parts_of(system.features()) * factors),
      squares_(device, factors),
      first_(device, factors),
      coefficients_(device, 1, factors),
      done_(device, 1) {}

std::int64_t FeatureRegression::bytes(const embrace::FeatureSystem& system, std::int64_t factors) {
  const CsrView forward = system.forward.view(), backward = system.backward.view();
  const std::int64_t features = system.features();
  return PlannedRows::bytes(forward) + PlannedRows::bytes(backward) + 4 * features +
         4 * DeviceMatrix::bytes(features, factors) + 2 * DeviceMatrix::bytes(forward.rows, factors) +
         8 * (parts_of(features) + 2) * factors + DeviceMatrix::bytes(1, factors) + 4 +
         std::max(multiply_sparse_bytes(forward, factors), multiply_sparse_bytes(backward, factors));
}

void FeatureRegression::fit(Device& device, DeviceMatrixView<const float> vectors) {
  EMBRACE_PHASE("regression");
  if (vectors.rows == 0) return;
  const State state{.unknowns = unknowns_.view(),
                    .residual = residual_.view(),
                    .direction = direction_.view(),
                    .product = product_.view(),
                    .ridges = std::as_const(ridges_).span(),
                    .parts = parts_.span(),
                    .squares = squares_.span(),
                    .first = first_.span(),
                    .coefficients = coefficients_.view(),
                    .done = done_.span()};
  const DeviceMatrixView<float> difference = difference_.view();
  subtract_kernel<<<blocks_for(difference.rows * difference.stride / 4, threads), threads, 0, device.stream()>>>(
      vectors, fitted(), difference);
  EMBRACE_CHECK(cudaGetLastError());
  multiply(device, backward_, difference, state.residual);
  launch<Begin>(device, state);
  for (int step = 0; step < embrace::most_feature_steps; ++step) {
    multiply(device, forward_, state.direction, difference);
    multiply(device, backward_, difference, state.product);
    launch<Bend>(device, state);
    launch<Move>(device, state);
    turn_kernel<<<blocks_for(state.direction.rows * state.direction.stride / 4, threads), threads, 0,
                  device.stream()>>>(state);
    EMBRACE_CHECK(cudaGetLastError());
  }
  multiply(device, forward_, state.unknowns, fitted_.view());
}

void FeatureRegression::find_penalties(Device& device, DeviceSpan<double> penalty) const {
  compute_penalties(device, unknowns_.view(), ridges_.span(), {}, 0, penalty);
}

}  // namespace embrace::gpu
