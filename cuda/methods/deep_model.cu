// The dense half of `deep` (Guo et al. 2017, "DeepFM"; He et al. 2017): for a sample of user u, movie i, context c
//   h1 = mask relu(c1 + H_u + H_i + H_c)    H_x = W_xᵀ x, a row for each distinct user, movie and context
//   h2 = mask relu(c2 + W2ᵀ h1)    score = offset + b_u + b_i + b_c + <s_u, s_i> + <s_c, s_u + s_i> + <w3, h2>
//   rating: c = score - target;   ranking: c = sigmoid(score) - target, logistic loss; head `none` has no <.,.>
//   g2 = c w3 where h2 > 0,   g1 = W2 g2 where h1 > 0, both scaled as the mask scales
// Products of matrices go to cuBLAS; what stands between two of them is one kernel each: gather, bias, relu and
// dropout; bias, relu, dropout, score, loss and g2; the backward relu. Mapping: a thread four units of a sample, which
// are one Philox call; the kernel that scores has a warp a sample, whose lanes meet in a fixed tree, and adds the
// losses of a block in double. Cost a sample of h hidden units, k factors: 4 h flops by h / 2 for the products, three
// times with the backward pass; 12 h + 4 h bytes of activations, 8 k of sums; 0.6 Philox calls for each byte of h, the
// larger part of the arithmetic.
#include "cuda/methods/deep_model.hpp"

#include <algorithm>

#include "cuda/device/phase.hpp"
#include "cuda/learning/embedding_table.cuh"
#include "cuda/math/adam.hpp"
#include "cuda/math/product.hpp"
#include "cuda/math/random.cuh"
#include "cuda/math/softplus.cuh"
#include "host/span.hpp"

namespace embrace::gpu {
namespace {

constexpr int threads = 256;

__device__ std::int64_t thread_index() { return static_cast<std::int64_t>(blockIdx.x) * threads + threadIdx.x; }

__device__ float4 plus(float4 a, float4 b) { return make_float4(a.x + b.x, a.y + b.y, a.z + b.z, a.w + b.w); }

__device__ float4 relu(float4 x) {
  return make_float4(fmaxf(x.x, 0.0F), fmaxf(x.y, 0.0F), fmaxf(x.z, 0.0F), fmaxf(x.w, 0.0F));
}

struct Mask {
  DeviceRandom random;
  UnitDropout dropout;

  /// Units [4 k, 4 k + 4) of a layer; counters as embrace::DeepHead's.
  __device__ float4 operator()(float4 x, std::int64_t sample, std::uint32_t layer, std::int64_t k) const {
    if (dropout.below == 0) return x;
    const uint4 bits = random.bits(dropout.first + static_cast<std::uint64_t>(sample),
                                   0x80000000U | (layer << 16U) | static_cast<std::uint32_t>(k));
    const auto kept = [this](std::uint32_t b) { return b < dropout.below ? 0.0F : dropout.scale; };
    return make_float4(x.x * kept(bits.x), x.y * kept(bits.y), x.z * kept(bits.z), x.w * kept(bits.w));
  }
};

__global__ void __launch_bounds__(threads)
    sum_slices_kernel(DeviceMatrixView<const float> values, DeviceSpan<const float> biases, std::int64_t slices,
                      DeviceMatrixView<float> sum, DeviceSpan<float> bias) {
  const std::int64_t quads = sum.stride / 4, row = thread_index() / quads, k = thread_index() % quads;
  if (row >= sum.rows) return;
  float4 total = make_float4(0.0F, 0.0F, 0.0F, 0.0F);
  for (std::int64_t slice = 0; slice < slices; ++slice)
    add_scaled(1.0F, quad_of(values, row * slices + slice, k), total);
  quad_of(sum, row, k) = total;
  if (k != 0) return;
  float bias_total = 0;
  for (std::int64_t slice = 0; slice < slices; ++slice) bias_total += biases[row * slices + slice];
  bias[row] = bias_total;
}

__global__ void __launch_bounds__(threads)
    activate_first_kernel(DeepSamples samples, DeviceMatrixView<const float> bias, Mask mask) {
  const std::int64_t quads = samples.h1.stride / 4, s = thread_index() / quads, k = thread_index() % quads;
  if (s >= samples.size) return;
  float4 h = plus(plus(quad_of(bias, 0, k), quad_of(samples.users.hidden, samples.users.row[s], k)),
                  quad_of(samples.items.hidden, samples.items.row[s], k));
  if (samples.contexts.hidden.rows > 0) h = plus(h, quad_of(samples.contexts.hidden, samples.contexts.row[s], k));
  quad_of(samples.h1, s, k) = k < samples.unit_quads() ? mask(relu(h), s, 0, k) : h;
}

/// Finishes h2 and gives the score to all lanes of the sample's warp.
__device__ float score_of(const DeepSamples& samples, DeviceMatrixView<const float> bias,
                          DeviceMatrixView<const float> output, const Mask& mask, std::int64_t s, int lane) {
  float sum = 0;
  for (std::int64_t k = lane; k < samples.h2.stride / 4; k += warp_size) {
    float4& place = quad_of(samples.h2, s, k);
    const float4 h = mask(relu(plus(place, quad_of(bias, 0, k))), s, 1, k);
    place = h;
    sum += dot(quad_of(output, 0, k), h);
  }
  const std::int64_t user = samples.users.row[s], item = samples.items.row[s];
  float biases = samples.offset + samples.users.bias[user] + samples.items.bias[item];
  const bool with_context = samples.contexts.hidden.rows > 0;
  const std::int64_t context = with_context ? samples.contexts.row[s] : 0;
  if (with_context) biases += samples.contexts.bias[context];
  const std::int64_t quads = samples.factor_quads(), linear = samples.unit_quads();
  for (std::int64_t k = lane; samples.interaction == embrace::Interaction::fm && k < quads; k += warp_size) {
    const float4 u = quad_of(samples.users.sum, user, k), i = quad_of(samples.items.sum, item, k);
    sum += dot(u, i);
    if (with_context) sum += dot(quad_of(samples.contexts.sum, context, k), plus(u, i));
  }
  for (std::int64_t k = lane; samples.interaction == embrace::Interaction::cross && k < quads; k += warp_size) {
    sum += dot(quad_of(samples.h1, s, linear + k), quad_of(samples.h1, s, linear + quads + k));
  }
  return biases + group_sum<warp_size>(sum);
}

__global__ void __launch_bounds__(threads)
    score_samples_kernel(DeepSamples samples, DeviceMatrixView<const float> bias, DeviceMatrixView<const float> output,
                         Mask mask, DeviceSpan<float> scores) {
  const std::int64_t s = thread_index() / warp_size;
  if (s >= samples.size) return;  // the whole warp
  const int lane = static_cast<int>(threadIdx.x) % warp_size;
  const float score = score_of(samples, bias, output, mask, s, lane);
  if (lane == 0) scores[s] = score;
}

__global__ void __launch_bounds__(threads)
    learn_output_kernel(DeepSamples samples, DeviceMatrixView<const float> bias, DeviceMatrixView<const float> output,
                        Mask mask, DeepTargets targets) {
  __shared__ double scratch[threads / warp_size];
  const std::int64_t s = thread_index() / warp_size;
  const int lane = static_cast<int>(threadIdx.x) % warp_size;
  double loss = 0;
  if (s < samples.size) {  // the same for the whole warp
    const float score = score_of(samples, bias, output, mask, s, lane), target = targets.targets[s];
    float coefficient = 0;
    if (targets.ranking) {
      coefficient = 1.0F / (1.0F + expf(-score)) - target;
      loss = static_cast<double>(softplus(score) - target * score);
    } else {
      const float error = score - target;
      coefficient = error;
      loss = 0.5 * static_cast<double>(error) * static_cast<double>(error);
    }
    if (lane == 0) targets.coefficients[s] = coefficient;
    const float through = coefficient * mask.dropout.scale;
    for (std::int64_t k = lane; k < targets.g2.stride / 4; k += warp_size) {
      const float4 h = quad_of(samples.h2, s, k), w = quad_of(output, 0, k);  // h: written by this lane
      quad_of(targets.g2, s, k) = make_float4(h.x > 0 ? through * w.x : 0.0F, h.y > 0 ? through * w.y : 0.0F,
                                              h.z > 0 ? through * w.z : 0.0F, h.w > 0 ? through * w.w : 0.0F);
    }
  }
  loss = block_sum<threads>(lane == 0 ? loss : 0.0, scratch);
  if (threadIdx.x == 0) targets.losses[blockIdx.x] = loss;
}

/// Through relu and mask; each linear half of a cross layer gets the other, times the score's derivative.
__global__ void __launch_bounds__(threads)
    pass_back_first_kernel(DeepSamples samples, DeviceSpan<const float> coefficients, float scale,
                           DeviceMatrixView<float> g1) {
  const std::int64_t quads = samples.h1.stride / 4, s = thread_index() / quads, k = thread_index() % quads;
  if (s >= samples.size) return;
  float4& g = quad_of(g1, s, k);
  const std::int64_t beyond = k - samples.unit_quads(), half = samples.factor_quads();
  if (beyond >= 0) {
    const float4 other = quad_of(samples.h1, s, beyond < half ? k + half : k - half);
    const float c = coefficients[s];
    g = make_float4(c * other.x, c * other.y, c * other.z, c * other.w);
    return;
  }
  const float4 h = quad_of(samples.h1, s, k);
  g = make_float4(h.x > 0 ? scale * g.x : 0.0F, h.y > 0 ? scale * g.y : 0.0F, h.z > 0 ? scale * g.z : 0.0F,
                  h.w > 0 ? scale * g.w : 0.0F);
}

__global__ void __launch_bounds__(threads)
    list_pairs_kernel(DeviceSpan<const std::int32_t> chosen, std::int64_t items, std::int64_t first,
                      DeviceSpan<std::int32_t> user_of_pair, DeviceSpan<std::int32_t> item_of_pair) {
  const std::int64_t p = thread_index();
  if (p >= user_of_pair.size) return;
  user_of_pair[p] = chosen[(first + p) / items];
  item_of_pair[p] = static_cast<std::int32_t>((first + p) % items);
}

__global__ void __launch_bounds__(threads) count_up_kernel(DeviceSpan<std::int32_t> out) {
  const std::int64_t i = thread_index();
  if (i < out.size) out[i] = static_cast<std::int32_t>(i);
}

/// The columns of the first layer that the second reads.
DeviceMatrixView<float> units(DeviceMatrixView<float> layer, const NetworkView& network) {
  layer.columns = network.second.rows;
  return layer;
}

void activate(Device& device, const NetworkView& network, const DeepSamples& samples, const Mask& mask) {
  const std::int64_t quads = samples.size * (samples.h1.stride / 4);
  activate_first_kernel<<<blocks_for(quads, threads), threads, 0, device.stream()>>>(samples, network.first_bias, mask);
  EMBRACE_CHECK(cudaGetLastError());
  multiply(device, units(samples.h1, network), network.second, 0, samples.h2);
}

/// Parts of the arena in order; `host` is a matrix or nothing.
class Layout {
 public:
  explicit Layout(const HostNetwork& host) {
    const std::int64_t hidden = host.head.shape().hidden, hidden2 = host.head.shape().hidden2();
    const std::int64_t width = device_width(host.head.shape());
    for (std::size_t side = 0; side < host.first.size(); ++side) {
      first.push_back(place(host.slices[side] * DeviceMatrix::stride(host.head.shape().factors), width));
    }
    first_bias = place(1, width);
    second = place(hidden, hidden2);
    second_bias = place(1, hidden2);
    output = place(1, hidden2);
  }
  struct Part {
    std::int64_t begin, rows, columns;
    DeviceMatrixView<float> in(DeviceSpan<float> arena) const {
      return {arena.data + begin, rows, columns, DeviceMatrix::stride(columns)};
    }
  };
  NetworkView in(DeviceSpan<float> arena) const {
    NetworkView out{{}, first_bias.in(arena), second.in(arena), second_bias.in(arena), output.in(arena)};
    for (const Part& part : first) out.first.push_back(part.in(arena));
    return out;
  }
  std::vector<Part> first;
  Part first_bias{}, second{}, second_bias{}, output{};
  std::int64_t size = 0;

 private:
  Part place(std::int64_t rows, std::int64_t columns) {
    const Part part{size, rows, columns};
    size += rows * DeviceMatrix::stride(columns);
    return part;
  }
};

void copy_rows(const Matrix& from, std::int64_t begin, std::int64_t rows, float* to) {
  for (std::int64_t r = 0; r < rows; ++r) {
    std::copy_n(from.row(begin + r), from.columns(), to + r * DeviceMatrix::stride(from.columns()));
  }
}

/// Rows of the first layer: its units, then the linear halves.
void copy_first(const Matrix& from, std::int64_t begin, const embrace::DeepShape& shape, float* to) {
  const std::int64_t stride = DeviceMatrix::stride(device_width(shape));
  const std::int64_t halves = shape.interaction == embrace::Interaction::cross ? 2 : 0;
  for (std::int64_t r = 0; r < shape.factors; ++r, to += stride) {
    const float* row = from.row(begin + r);
    std::copy_n(row, shape.hidden, to);
    for (std::int64_t half = 0; half < halves; ++half) {
      std::copy_n(row + shape.hidden + half * shape.factors, shape.factors,
                  to + DeviceMatrix::stride(shape.hidden) + half * DeviceMatrix::stride(shape.factors));
    }
  }
}

/// The arena as it is at first: zeros where the device's rows and columns have no counterpart.
std::vector<float> initial_values(const HostNetwork& host, const Layout& layout) {
  std::vector<float> out(static_cast<std::size_t>(layout.size));
  const embrace::DeepShape& shape = host.head.shape();
  const std::int64_t slice_size = DeviceMatrix::stride(shape.factors) * DeviceMatrix::stride(device_width(shape));
  for (std::size_t side = 0; side < host.first.size(); ++side) {
    for (std::int64_t slice = 0; slice < host.slices[side]; ++slice) {
      copy_first(host.first[side], slice * shape.factors, shape,
                 out.data() + layout.first[side].begin + slice * slice_size);
    }
  }
  copy_rows(host.head.second.value, 0, shape.hidden, out.data() + layout.second.begin);
  copy_rows(host.head.output.value, 0, 1, out.data() + layout.output.begin);
  return out;
}

}  // namespace

std::int64_t device_width(const embrace::DeepShape& shape) {
  if (shape.interaction != embrace::Interaction::cross) return shape.hidden;
  return DeviceMatrix::stride(shape.hidden) + 2 * DeviceMatrix::stride(shape.factors);
}

Network::Network(Device& device, const HostNetwork& host) {
  const Layout layout(host);
  value_ = {device, Span<const float>(initial_values(host, layout))};
  for (DeviceBuffer<float>* zero : {&gradient_, &m_, &v_}) {
    *zero = {device, layout.size};
    zero->clear();
  }
  values_ = layout.in(value_.span());
  gradients_ = layout.in(gradient_.span());
}

std::int64_t Network::bytes(const HostNetwork& host) { return 16 * Layout(host).size; }

void Network::update(Device& device, const embrace::AdamStep& step) {
  EMBRACE_PHASE("update network");
  update_by_adam(device, step, value_.size(), {gradient_.span(), value_.span(), m_.span(), v_.span()});
}

std::int64_t deep_loss_blocks(std::int64_t samples) { return blocks_for(samples, threads / warp_size); }

void sum_slices(Device& device, DeviceMatrixView<const float> values, DeviceSpan<const float> biases,
                std::int64_t slices, DeviceMatrixView<float> sum, DeviceSpan<float> bias) {
  const std::int64_t quads = sum.rows * (sum.stride / 4);
  sum_slices_kernel<<<blocks_for(quads, threads), threads, 0, device.stream()>>>(values, biases, slices, sum, bias);
  EMBRACE_CHECK(cudaGetLastError());
}

void score_samples(Device& device, const NetworkView& network, const DeepSamples& samples, DeviceSpan<float> scores) {
  EMBRACE_PHASE("score samples");
  if (samples.size == 0) return;
  const Mask mask{DeviceRandom(0, Stream::dropout), {}};
  activate(device, network, samples, mask);
  score_samples_kernel<<<blocks_for(samples.size, threads / warp_size), threads, 0, device.stream()>>>(
      samples, network.second_bias, network.output, mask, scores);
  EMBRACE_CHECK(cudaGetLastError());
}

void learn_samples(Device& device, const NetworkView& network, const DeepSamples& samples, const UnitDropout& dropout,
                   const DeepTargets& targets, DeviceMatrixView<float> g1) {
  EMBRACE_PHASE("network");
  const Mask mask{DeviceRandom(dropout.seed, Stream::dropout), dropout};
  activate(device, network, samples, mask);
  learn_output_kernel<<<static_cast<unsigned>(deep_loss_blocks(samples.size)), threads, 0, device.stream()>>>(
      samples, network.second_bias, network.output, mask, targets);
  EMBRACE_CHECK(cudaGetLastError());
  multiply_transposed(device, targets.g2, network.second, 0, units(g1, network));
  const std::int64_t quads = samples.size * (samples.h1.stride / 4);
  pass_back_first_kernel<<<blocks_for(quads, threads), threads, 0, device.stream()>>>(samples, targets.coefficients,
                                                                                      dropout.scale, g1);
  EMBRACE_CHECK(cudaGetLastError());
}

void list_pairs(Device& device, DeviceSpan<const std::int32_t> chosen, std::int64_t items, std::int64_t first,
                DeviceSpan<std::int32_t> user_of_pair, DeviceSpan<std::int32_t> item_of_pair) {
  list_pairs_kernel<<<blocks_for(user_of_pair.size, threads), threads, 0, device.stream()>>>(
      chosen, items, first, user_of_pair, item_of_pair);
  EMBRACE_CHECK(cudaGetLastError());
}

void count_up(Device& device, DeviceSpan<std::int32_t> out) {
  count_up_kernel<<<blocks_for(out.size, threads), threads, 0, device.stream()>>>(out);
  EMBRACE_CHECK(cudaGetLastError());
}

}  // namespace embrace::gpu
