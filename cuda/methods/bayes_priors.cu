// bayes: what is drawn of sums over the whole model, and the first model. With n ratings, residuals r and α,
//   α ~ Gamma((1 + n) / 2, rate (1 + Σ r²) / 2)   offset += Σ r / n + N(0, 1 / (α n))
// and the priors of a field of n parameters v in a dimension (host/methods/bayes_prior.hpp; Rendle 2012, "Factorization
// Machines with libFM", section 4.4.1; gamma numbers: Marsaglia and Tsang 2000)
//   λ ~ Gamma((2 + n) / 2, rate (β + Σ (v - μ)² + μ²) / 2)   μ ~ N(Σ v / (n + 1), 1 / ((n + 1) λ)).
// Mapping: residuals by up to 1024 blocks, whose sums one block adds and draws; a block a field and dimension of
// priors, one thread of which draws; values of rows by a thread four dimensions. All sums are in double and have an
// order that follows from sizes alone. Cost a sweep: 4 bytes a rating, 4 bytes a parameter; two launches, and one or
// two a relation block.
#include <algorithm>

#include "cuda/device/phase.hpp"
#include "cuda/math/quads.cuh"
#include "cuda/math/reduce.cuh"
#include "cuda/methods/bayes_draws.cuh"
#include "cuda/methods/bayes_kernels.hpp"

namespace embrace::gpu {
namespace {

constexpr int threads = 256;
constexpr std::int64_t most_partials = 1024;
constexpr std::int64_t residuals_a_block = threads * 8;
constexpr double first_deviation = 0.1;  // as the host's
constexpr double identity_rate = 1;      // likewise

__global__ void __launch_bounds__(threads)
    sum_residuals_kernel(DeviceSpan<const float> residuals, DeviceSpan<BayesSums> partials) {
  __shared__ double sums[threads / warp_size], squares[threads / warp_size];
  const std::int64_t step = static_cast<std::int64_t>(gridDim.x) * threads;
  BayesSums total{0, 0};
  for (std::int64_t e = static_cast<std::int64_t>(blockIdx.x) * threads + threadIdx.x; e < residuals.size; e += step) {
    const auto residual = static_cast<double>(residuals[e]);
    total.sum += residual;
    total.squares += residual * residual;
  }
  total.sum = block_sum<threads>(total.sum, sums);
  total.squares = block_sum<threads>(total.squares, squares);
  if (threadIdx.x == 0) partials[blockIdx.x] = total;
}

/// Valid in thread 0.
__device__ BayesSums total_of(DeviceSpan<const BayesSums> partials) {
  __shared__ double sums[threads / warp_size], squares[threads / warp_size];
  BayesSums total{0, 0};
  for (std::int64_t p = threadIdx.x; p < partials.size; p += threads) {
    total.sum += partials[p].sum;
    total.squares += partials[p].squares;
  }
  return {block_sum<threads>(total.sum, sums), block_sum<threads>(total.squares, squares)};
}

__global__ void __launch_bounds__(threads)
    keep_squares_kernel(DeviceSpan<const BayesSums> partials, DeviceSpan<BayesSweep> out) {
  const BayesSums total = total_of(partials);
  if (threadIdx.x == 0) out[0].squares = total.squares;
}

__global__ void __launch_bounds__(threads)
    draw_precision_kernel(DeviceSpan<const BayesSums> partials, std::int64_t ratings, BayesNumbers numbers,
                          std::uint64_t sweep, DeviceSpan<BayesSweep> out) {
  const BayesSums total = total_of(partials);
  if (threadIdx.x != 0) return;
  const auto n = static_cast<double>(ratings);
  const DeviceRandom random = random_of(numbers);
  const double precision = gamma(random, sweep, 1, (1 + n) / 2, (1 + total.squares) / 2);
  const double shift = total.sum / n + random.normal(sweep, 0) / sqrt(precision * n);
  out[0] = {out[0].offset + shift, precision, total.squares, static_cast<float>(shift)};
}

struct Moments {
  double count = 0, sum = 0, squares = 0;
  __device__ void add(float x) {
    count += 1;
    sum += static_cast<double>(x);
    squares += static_cast<double>(x) * static_cast<double>(x);
  }
};

/// Of what the thread is given of the parameters: those with ratings.
__device__ Moments moments_of(const BayesBlockView& block, std::int64_t dimension, std::int64_t field) {
  Moments moments;
  if (field < block.fields.size) {
    const BayesField columns = block.fields[field];
    for (std::int64_t c = columns.first + threadIdx.x; c < columns.last; c += threads) {
      if (block.readers.size(c) > 0) moments.add(block.weights.at(dimension, c));
    }
  } else if (block.identity) {
    for (std::int64_t r = threadIdx.x; r < block.values.vectors.rows; r += threads) {
      if (block.rated(r)) moments.add(block.own.at(dimension, r));
    }
  }
  return moments;
}

/// As cpu::draw_prior.
__device__ NormalPrior draw_prior(const Moments& moments, const NormalPrior& now, double beta,
                                  const DeviceRandom& random, std::uint64_t a, std::uint32_t b) {
  const double n = moments.count;
  const auto mean = static_cast<double>(now.mean);
  const double distances = fmax(0.0, moments.squares - 2 * mean * moments.sum + n * mean * mean);
  const double precision = gamma(random, a, b, (1 + n + 1) / 2, (beta + distances + mean * mean) / 2);
  const double drawn = moments.sum / (n + 1) + random.normal(a, b + 511) / sqrt((n + 1) * precision);
  NormalPrior prior;
  prior.mean = static_cast<float>(drawn);
  prior.precision = static_cast<float>(precision);
  return prior;
}

/// What no rating speaks of is expected where its prior is.
__device__ void set_unrated(const BayesBlockView& block, std::int64_t dimension, std::int64_t field, float mean) {
  if (field < block.fields.size) {
    const BayesField columns = block.fields[field];
    for (std::int64_t c = columns.first + threadIdx.x; c < columns.last; c += threads) {
      if (block.readers.size(c) == 0) block.weights.at(dimension, c) = mean;
    }
  } else if (block.identity) {
    for (std::int64_t r = threadIdx.x; r < block.values.vectors.rows; r += threads) {
      if (!block.rated(r)) block.own.at(dimension, r) = mean;
    }
  }
}

/// A block a field of a dimension.
__global__ void __launch_bounds__(threads) draw_priors_kernel(BayesBlockView block, std::uint64_t sweep) {
  __shared__ double counts[threads / warp_size], sums[threads / warp_size], squares[threads / warp_size];
  __shared__ float mean;
  const std::int64_t fields = block.fields.size + 1;
  const std::int64_t dimension = blockIdx.x / fields, field = blockIdx.x % fields;
  Moments moments = moments_of(block, dimension, field);
  moments.count = block_sum<threads>(moments.count, counts);
  moments.sum = block_sum<threads>(moments.sum, sums);
  moments.squares = block_sum<threads>(moments.squares, squares);
  if (threadIdx.x == 0) {
    NormalPrior& prior = block.prior_of(dimension, field);
    const auto a =
        sweep * static_cast<std::uint64_t>(block.values.dimensions()) + static_cast<std::uint64_t>(dimension);
    prior = draw_prior(moments, prior, field == block.fields.size ? identity_rate : block.prior,
                       random_of(block.prior_random), a, static_cast<std::uint32_t>(512 * field));
    mean = prior.mean;
  }
  __syncthreads();  // the prior is drawn before anybody is put where it is
  set_unrated(block, dimension, field, mean);
}

/// A thread a parameter: rows with ratings, then columns with readers.
__global__ void __launch_bounds__(threads) start_block_kernel(BayesBlockView block) {
  const std::int64_t i = static_cast<std::int64_t>(blockIdx.x) * threads + threadIdx.x;
  const std::int64_t factors = block.values.vectors.columns, dimension = 1 + i % factors, index = i / factors;
  const std::int64_t rows = block.values.vectors.rows, column = index - rows;
  const auto a = static_cast<std::uint64_t>(dimension);
  if (index < rows) {
    if (!block.identity || !block.rated(index)) return;
    const double number = random_of(block.row_random).normal(a, static_cast<std::uint32_t>(index));
    block.own.at(dimension, index) = static_cast<float>(first_deviation * number);
  } else if (column < block.readers.rows && block.readers.size(column) > 0) {
    const double number = random_of(block.column_random).normal(a, static_cast<std::uint32_t>(column));
    block.weights.at(dimension, column) = static_cast<float>(first_deviation * number);
  }
}

/// A thread four factors of a row, the first of a row's its bias as well.
struct Represent {
  DeviceCsrView features;
  ConstBayesView weights, own;
  BayesView out;
  bool identity;

  __device__ void operator()(std::int64_t row, std::int64_t quad) const {
    float4 sum = identity ? quad_of(own.vectors, row, quad) : make_float4(0, 0, 0, 0);
    float bias = identity ? own.bias[row] : 0.0F;
    const std::int64_t end = features.rows == 0 ? 0 : features.end(row);
    for (std::int64_t e = features.rows == 0 ? 0 : features.begin(row); e < end; ++e) {
      const std::int32_t column = features.indices[e];
      add_scaled(features.values[e], quad_of(weights.vectors, column, quad), sum);
      if (quad == 0) bias += features.values[e] * weights.bias[column];
    }
    quad_of(out.vectors, row, quad) = sum;
    if (quad == 0) out.bias[row] = bias;
  }
};

__global__ void __launch_bounds__(threads)
    represent_rows_kernel(Represent work, DeviceSpan<const std::int64_t> unless_rated) {
  const std::int64_t i = static_cast<std::int64_t>(blockIdx.x) * threads + threadIdx.x;
  const std::int64_t quads = work.out.quads(), row = i / quads;
  if (row >= work.out.vectors.rows) return;
  if (!unless_rated.empty() && unless_rated[row] < unless_rated[row + 1]) return;
  work(row, i % quads);
}

void sum_residuals(Device& device, DeviceSpan<const float> residuals, DeviceSpan<BayesSums> partials) {
  sum_residuals_kernel<<<static_cast<unsigned>(partials.size), threads, 0, device.stream()>>>(residuals, partials);
  EMBRACE_CHECK(cudaGetLastError());
}

void represent_rows(Device& device, const Represent& work, DeviceSpan<const std::int64_t> unless_rated) {
  const std::int64_t size = work.out.vectors.rows * work.out.quads();
  if (size == 0) return;
  represent_rows_kernel<<<blocks_for(size, threads), threads, 0, device.stream()>>>(work, unless_rated);
  EMBRACE_CHECK(cudaGetLastError());
}

}  // namespace

void start_block(Device& device, const BayesBlockView& block) {
  const std::int64_t size = (block.values.vectors.rows + block.readers.rows) * block.values.vectors.columns;
  if (size == 0) return;
  start_block_kernel<<<blocks_for(size, threads), threads, 0, device.stream()>>>(block);
  EMBRACE_CHECK(cudaGetLastError());
  if (!block.columns.empty()) represent(device, block, BayesRows::all);
}

std::int64_t bayes_partials(std::int64_t ratings) {
  return std::min<std::int64_t>(blocks_for(ratings, residuals_a_block), most_partials);
}

void sum_squares(Device& device, DeviceSpan<const float> residuals, DeviceSpan<BayesSums> partials,
                 DeviceSpan<BayesSweep> out) {
  EMBRACE_PHASE("residuals");
  if (residuals.empty()) return;
  sum_residuals(device, residuals, partials);
  keep_squares_kernel<<<1, threads, 0, device.stream()>>>(partials, out);
  EMBRACE_CHECK(cudaGetLastError());
}

void draw_precision(Device& device, DeviceSpan<const float> residuals, const BayesNumbers& random, std::uint64_t sweep,
                    DeviceSpan<BayesSums> partials, DeviceSpan<BayesSweep> out) {
  EMBRACE_PHASE("residuals");
  if (residuals.empty()) return;
  sum_residuals(device, residuals, partials);
  draw_precision_kernel<<<1, threads, 0, device.stream()>>>(partials, residuals.size, random, sweep, out);
  EMBRACE_CHECK(cudaGetLastError());
}

void draw_priors(Device& device, const BayesBlockView& block, std::uint64_t sweep) {
  EMBRACE_PHASE("priors");
  const auto blocks = static_cast<unsigned>(block.priors.size);
  draw_priors_kernel<<<blocks, threads, 0, device.stream()>>>(block, sweep);
  EMBRACE_CHECK(cudaGetLastError());
}

void represent(Device& device, const BayesBlockView& block, BayesRows which) {
  EMBRACE_PHASE("represent");
  represent_rows(device, {block.features, block.weights, block.own, block.values, block.identity},
                 which == BayesRows::cold ? block.offsets : DeviceSpan<const std::int64_t>{});
}

void represent(Device& device, DeviceCsrView features, const ConstBayesView& weights, const BayesView& out) {
  EMBRACE_PHASE("represent");
  represent_rows(device, {features, weights, {}, out, false}, {});
}

}  // namespace embrace::gpu
