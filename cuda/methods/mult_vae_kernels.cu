// mult-vae between its products of matrices, which cuBLAS makes: for a batch of users
//   h1 = tanh(c1 + scale Σ W1(i))                       sums over what a user keeps, cuda/learning/user_batches.cuh
//   [m | l] += c2    z = m + e^(l / 2) ε    KL          a warp a user, a lane four normal numbers, one Philox call
//   the gradient of [m | l] by the composite prior      a warp a user, a lane a number of the code; sums in double
//   scores → n softmax(scores + c4) - x, and the loss   a block a user: two readings, one writing of the row
//   W1 by Adam, its gradient Σ scale g1(r)              a warp an item and 128 columns, over the users marked for it
// and what goes through a tanh, a thread an element. Sums over a user's scores meet in a fixed tree, in double; those
// of a gradient are in the order of the users in the batch.
// Cost: 12 bytes a user and item for the scores, two exponentials each; 24 bytes a number of W1, whatever the batch.
// The gradient of W1 is never written: it is zero but for the items of the batch.
#include "cuda/methods/mult_vae_kernels.hpp"

#include <limits>

#include "cuda/device/phase.hpp"
#include "cuda/learning/user_batches.cuh"
#include "cuda/math/adam.cuh"
#include "cuda/math/block_totals.cuh"
#include "cuda/math/normal_numbers.cuh"
#include "host/methods/mult_vae_prior.hpp"

namespace embrace::gpu {
namespace {

constexpr int threads = 256;
constexpr int warps = threads / warp_size;
/// Of a block that has a user's scores. Batches are of a hundred users, rows of ten thousand items: few blocks, of many
/// threads each; one of them is asked for, since the compiler would spill for the sake of two.
constexpr int score_threads = 1024;

__device__ float4 tanh_of(float4 x) { return make_float4(tanhf(x.x), tanhf(x.y), tanhf(x.z), tanhf(x.w)); }

struct KeepSome {
  DeviceRandom random;
  std::uint32_t epoch;
  double share;
  DeviceMatrixView<std::uint32_t> marks;

  __device__ bool operator()(std::int64_t entry, std::int64_t item, std::int64_t r, bool once) const {
    if (share > 0 && random.uniform(static_cast<std::uint64_t>(entry), epoch) < share) return false;
    if (once) mark(marks, item, r);
    return true;
  }
};

/// Stores h(r), and by what the user's rows were weighed where somebody wants to know.
struct FinishInputs {
  DeviceCsrView rows;
  const float* constants;
  float kept;  // share of the items
  DeviceSpan<float> scales;
  DeviceMatrixView<float> h;

  __device__ void operator()(std::int64_t r, std::int64_t user, std::int64_t quad, float4 sum) const {
    const float scale = 1.0F / sqrtf(static_cast<float>(rows.size(user))) / kept;
    float4 x = reinterpret_cast<const float4*>(constants)[quad];
    add_scaled(scale, sum, x);
    quad_of(h, r, quad) = tanh_of(x);
    if (quad == 0 && !scales.empty()) scales[r] = scale;
  }
};

struct Same {
  __device__ float operator()(float x) const { return x; }
};
struct Tanh {
  __device__ float operator()(float x) const { return tanhf(x); }
};

/// to(row) = f(x(r) + constants), `row` being users[r] or, without users, r.
template <typename Function>
__global__ void __launch_bounds__(threads)
    store_kernel(Function f, const float* constants, DeviceMatrixView<const float> x,
                 DeviceSpan<const std::int32_t> users, DeviceMatrixView<float> to) {
  const std::int64_t column = static_cast<std::int64_t>(blockIdx.x) * threads + threadIdx.x;
  if (column >= x.columns) return;
  for (std::int64_t r = blockIdx.y; r < x.rows; r += gridDim.y) {
    to(users.empty() ? r : users[r], column) = f(x(r, column) + constants[column]);
  }
}

__global__ void __launch_bounds__(threads)
    pass_tanh_kernel(DeviceMatrixView<const float> y, DeviceMatrixView<float> gradient) {
  const std::int64_t column = static_cast<std::int64_t>(blockIdx.x) * threads + threadIdx.x;
  if (column >= y.columns) return;
  for (std::int64_t r = blockIdx.y; r < y.rows; r += gridDim.y) {
    gradient(r, column) *= 1.0F - y(r, column) * y(r, column);
  }
}

__global__ void __launch_bounds__(threads)
    draw_codes_kernel(DeviceRandom random, std::uint64_t first, double beta, const float* constants, VaeCodes codes,
                      DeviceSpan<const std::int32_t> users, DeviceSpan<double> losses) {
  const std::int64_t r = warp_index<threads>(), latent = codes.z.columns;
  if (r >= users.size) return;  // a whole warp
  double divergence = 0;
  for (std::int64_t quad = lane_index(); 4 * quad < latent; quad += warp_size) {
    const float4 drawn =
        normal_quad(random, first + static_cast<std::uint64_t>(users[r]), static_cast<std::uint32_t>(quad));
    const float noise[4] = {drawn.x, drawn.y, drawn.z, drawn.w};
#pragma unroll
    for (int n = 0; n < 4; ++n) {
      const std::int64_t k = 4 * quad + n;
      if (k >= latent) break;
      const float m = codes.code(r, k) + constants[k], l = codes.code(r, latent + k) + constants[latent + k];
      codes.code(r, k) = m;
      codes.code(r, latent + k) = l;
      codes.noise(r, k) = noise[n];
      codes.z(r, k) = m + expf(0.5F * l) * noise[n];
      const auto mean = static_cast<double>(m), logarithm = static_cast<double>(l);
      divergence += 0.5 * (mean * mean + exp(logarithm) - logarithm - 1.0);
    }
  }
  divergence = group_sum<warp_size>(divergence);
  if (lane_index() == 0) losses[r] = beta * divergence;
}

__global__ void __launch_bounds__(threads)
    pass_codes_kernel(float pull, VaeCodes codes, DeviceMatrixView<const float> g_z, DeviceMatrixView<float> g_code) {
  const std::int64_t k = static_cast<std::int64_t>(blockIdx.x) * threads + threadIdx.x, latent = g_z.columns;
  if (k >= latent) return;
  for (std::int64_t r = blockIdx.y; r < g_z.rows; r += gridDim.y) {
    const float g = g_z(r, k), half = expf(0.5F * codes.code(r, latent + k));
    g_code(r, k) = g + pull * codes.code(r, k);
    g_code(r, latent + k) = 0.5F * (g * codes.noise(r, k) * half + pull * (half * half - 1.0F));
  }
}

/// composite_density() of host/methods/mult_vae_prior.hpp, in double as there: of two parts of the mixture one may have
/// any power of ten of the other's density.
__device__ PriorDensity density_of(double z, double mean, double logarithm) {
  const double shares[] = {standard_share, previous_share, wide_share};
  const double distances[] = {z, z - mean, z}, logarithms[] = {0.0, logarithm, wide_logarithm};
  double parts[3], pulls[3];
#pragma unroll
  for (int c = 0; c < 3; ++c) {
    pulls[c] = distances[c] * exp(-logarithms[c]);
    parts[c] = log(shares[c]) - 0.5 * (logarithms[c] + distances[c] * pulls[c]);
  }
  const double most = fmax(parts[0], fmax(parts[1], parts[2]));
  double sum = 0, pull = 0;
#pragma unroll
  for (int c = 0; c < 3; ++c) {
    const double part = exp(parts[c] - most);
    sum += part;
    pull += part * pulls[c];
  }
  return {most + log(sum), pull / sum};
}

__global__ void __launch_bounds__(threads)
    pass_composite_codes_kernel(double beta, DeviceCsrView rows, DeviceMatrixView<const float> previous,
                                DeviceSpan<const std::int32_t> users, VaeCodes codes, DeviceMatrixView<const float> g_z,
                                DeviceMatrixView<float> g_code, DeviceSpan<double> losses) {
  const std::int64_t r = warp_index<threads>(), latent = g_z.columns;
  if (r >= users.size) return;  // a whole warp
  const std::int64_t user = users[r];
  const double weight = beta * static_cast<double>(rows.size(user));
  const auto pull = static_cast<float>(weight / static_cast<double>(users.size));
  double divergence = 0;
  for (std::int64_t k = lane_index(); k < latent; k += warp_size) {
    const float l = codes.code(r, latent + k), noise = codes.noise(r, k);
    const PriorDensity prior = density_of(static_cast<double>(codes.z(r, k)), static_cast<double>(previous(user, k)),
                                          static_cast<double>(previous(user, latent + k)));
    const auto e = static_cast<double>(noise);
    divergence -= 0.5 * (static_cast<double>(l) + e * e) + prior.logarithm;
    const float g = g_z(r, k) + pull * static_cast<float>(prior.pull);
    g_code(r, k) = g;
    g_code(r, latent + k) = 0.5F * (g * noise * expf(0.5F * l) - pull);
  }
  divergence = group_sum<warp_size>(divergence);
  if (lane_index() == 0) losses[r] += weight * divergence;
}

/// The largest of the scores that a thread has seen, and Σ exp(score - largest).
struct Softmax {
  float most = -std::numeric_limits<float>::infinity();
  double sum = 0;

  __device__ void see(float score) {
    if (score > most) {
      sum *= static_cast<double>(expf(most - score));
      most = score;
    }
    sum += static_cast<double>(expf(score - most));
  }
};

__global__ void __launch_bounds__(score_threads, 1)
    learn_scores_kernel(DeviceCsrView rows, DeviceSpan<const std::int32_t> users, DeviceSpan<const float> constants,
                        DeviceMatrixView<float> scores, DeviceSpan<double> losses) {
  __shared__ BlockScratch<score_threads, float> of_most;
  __shared__ BlockScratch<score_threads, double> of_sum, of_items;
  const std::int64_t r = blockIdx.x, begin = rows.begin(users[r]), end = rows.end(users[r]);
  float* row = scores.row(r);
  Softmax seen;
  for (std::int64_t i = threadIdx.x; i < scores.columns; i += score_threads) seen.see(row[i] + constants[i]);
  const float most = block_most<score_threads>(seen.most, of_most);
  const double sum = block_total<score_threads>(seen.sum * static_cast<double>(expf(seen.most - most)), of_sum);
  double items = 0;
  for (std::int64_t e = begin + threadIdx.x; e < end; e += score_threads) {
    const std::int32_t i = rows.indices[e];
    items += static_cast<double>(row[i] + constants[i] - most);
  }
  items = block_total<score_threads>(items, of_items);  // behind its barrier nobody reads another's scores
  const auto size = static_cast<double>(end - begin), together = static_cast<double>(users.size);
  const auto scale = static_cast<float>(size / (sum * together));
  for (std::int64_t i = threadIdx.x; i < scores.columns; i += score_threads) {
    row[i] = scale * expf(row[i] + constants[i] - most);
  }
  __syncthreads();  // the row is whole before any thread takes items from it
  const float each = 1.0F / static_cast<float>(users.size);
  for (std::int64_t e = begin + threadIdx.x; e < end; e += score_threads) row[rows.indices[e]] -= each;
  if (threadIdx.x == 0) losses[r] += size * log(sum) - items;
}

__global__ void __launch_bounds__(threads)
    update_inputs_kernel(AdamFactors step, DeviceMatrixView<const std::uint32_t> marks, DeviceSpan<const float> scales,
                         DeviceMatrixView<const float> g1, DeviceMatrixView<float> weights, VaeMoments moments) {
  const std::int64_t item = warp_index<threads>(),
                     quad = static_cast<std::int64_t>(blockIdx.y) * warp_size + lane_index();
  if (item >= weights.rows || quad >= weights.stride / 4) return;
  float4 gradient = make_float4(0, 0, 0, 0);
  for_marked(marks, item, [&](std::int64_t r) { add_scaled(scales[r], quad_of(g1, r, quad), gradient); });
  step(gradient, quad_of(weights, item, quad), quad_of(moments.m, item, quad), quad_of(moments.v, item, quad));
}

template <typename Function>
void store(Device& device, Function f, VaeConstants constants, DeviceMatrixView<const float> x,
           DeviceSpan<const std::int32_t> users, DeviceMatrixView<float> to) {
  if (x.rows == 0) return;
  store_kernel<<<matrix_grid(x.rows, x.columns, threads), threads, 0, device.stream()>>>(f, constants.data, x, users,
                                                                                         to);
  EMBRACE_CHECK(cudaGetLastError());
}

}  // namespace

void encode_users(Device& device, const DeviceCsr& rows, DeviceSpan<const std::int32_t> users, const VaeInputs& inputs,
                  DeviceMatrixView<float> h) {
  EMBRACE_PHASE("first layer");
  sum_histories(device, rows.view(), users, inputs.weights, KeepAll{},
                FinishInputs{rows.view(), inputs.constants.data, 1.0F, {}, h});
}

void encode_batch(Device& device, const DeviceCsr& rows, const UserBatch& batch, const VaeInputs& inputs,
                  const VaeDropout& dropout, DeviceSpan<float> scales, DeviceMatrixView<float> h) {
  EMBRACE_PHASE("first layer");
  sum_histories(device, rows.view(), batch.users, inputs.weights,
                KeepSome{DeviceRandom(dropout.seed, Stream::dropout), dropout.epoch, dropout.share, batch.marks},
                FinishInputs{rows.view(), inputs.constants.data, static_cast<float>(1 - dropout.share), scales, h});
}

void add_constants(Device& device, VaeConstants constants, DeviceMatrixView<float> x) {
  store(device, Same{}, constants, x, {}, x);
}

void store_users(Device& device, VaeConstants constants, DeviceMatrixView<const float> x,
                 DeviceSpan<const std::int32_t> users, DeviceMatrixView<float> out) {
  store(device, Same{}, constants, x, users, out);
}

void activate(Device& device, VaeConstants constants, DeviceMatrixView<float> x) {
  store(device, Tanh{}, constants, x, {}, x);
}

void activate_users(Device& device, VaeConstants constants, DeviceMatrixView<const float> x,
                    DeviceSpan<const std::int32_t> users, DeviceMatrixView<float> out) {
  store(device, Tanh{}, constants, x, users, out);
}

void pass_tanh(Device& device, DeviceMatrixView<const float> y, DeviceMatrixView<float> gradient) {
  pass_tanh_kernel<<<matrix_grid(y.rows, y.columns, threads), threads, 0, device.stream()>>>(y, gradient);
  EMBRACE_CHECK(cudaGetLastError());
}

void draw_codes(Device& device, const UserBatch& batch, std::uint64_t seed, std::uint64_t first, double beta,
                VaeConstants constants, const VaeCodes& codes) {
  EMBRACE_PHASE("codes");
  draw_codes_kernel<<<blocks_for(batch.users.size, warps), threads, 0, device.stream()>>>(
      DeviceRandom(seed, Stream::sampling), first, beta, constants.data, codes, batch.users, batch.losses);
  EMBRACE_CHECK(cudaGetLastError());
}

void pass_codes(Device& device, float pull, const VaeCodes& codes, DeviceMatrixView<const float> g_z,
                DeviceMatrixView<float> g_code) {
  EMBRACE_PHASE("codes");
  pass_codes_kernel<<<matrix_grid(g_z.rows, g_z.columns, threads), threads, 0, device.stream()>>>(pull, codes, g_z,
                                                                                                  g_code);
  EMBRACE_CHECK(cudaGetLastError());
}

void pass_composite_codes(Device& device, const DeviceCsr& rows, const UserBatch& batch, double beta,
                          DeviceMatrixView<const float> previous, const VaeCodes& codes,
                          DeviceMatrixView<const float> g_z, DeviceMatrixView<float> g_code) {
  EMBRACE_PHASE("codes");
  pass_composite_codes_kernel<<<blocks_for(batch.users.size, warps), threads, 0, device.stream()>>>(
      beta, rows.view(), previous, batch.users, codes, g_z, g_code, batch.losses);
  EMBRACE_CHECK(cudaGetLastError());
}

void learn_scores(Device& device, const DeviceCsr& rows, const UserBatch& batch, DeviceSpan<const float> constants,
                  DeviceMatrixView<float> scores) {
  EMBRACE_PHASE("scores");
  learn_scores_kernel<<<static_cast<unsigned>(batch.users.size), score_threads, 0, device.stream()>>>(
      rows.view(), batch.users, constants, scores, batch.losses);
  EMBRACE_CHECK(cudaGetLastError());
}

void update_inputs(Device& device, const embrace::AdamStep& step, DeviceMatrixView<const std::uint32_t> marks,
                   DeviceSpan<const float> scales, DeviceMatrixView<const float> g1, DeviceMatrixView<float> weights,
                   const VaeMoments& moments) {
  const dim3 grid(blocks_for(weights.rows, warps), blocks_for(weights.stride / 4, warp_size));
  update_inputs_kernel<<<grid, threads, 0, device.stream()>>>(AdamFactors(step), marks, scales, g1, weights, moments);
  EMBRACE_CHECK(cudaGetLastError());
}

}  // namespace embrace::gpu
