// The network of a judge: samples of some two hundred numbers through layers of 64 and 32 units, batches of 256.
// Products of matrices go to cuBLAS; between two of them is one kernel. Mapping: a thread an element where a row is
// gathered or gated, a thread four units of a sample, which are one Philox call, where units are activated, a warp a
// sample where it is scored. Sums over the samples of a batch are products with a column of ones or of errors, so that
// their order is cuBLAS's, the same in every run.
// A batch is small: 16 launches of which none fills a device. What makes it cheap is that nothing goes to the host
// before the epoch's end; what would make it cheaper is one launch for all of it.
#include "cuda/judge/network.hpp"

#include <utility>

#include "cuda/device/phase.hpp"
#include "cuda/math/adam.hpp"
#include "cuda/math/product.hpp"
#include "cuda/math/random.cuh"
#include "cuda/math/reduce.cuh"

namespace embrace::gpu {
namespace {

using judge::NetworkLayout;

constexpr int threads = 256;

__device__ std::int64_t thread_index() { return static_cast<std::int64_t>(blockIdx.x) * threads + threadIdx.x; }

__global__ void __launch_bounds__(threads)
    gather_samples_kernel(DeviceMatrixView<const float> rows, DeviceSpan<const float> targets,
                          DeviceSpan<const std::int32_t> order, DeviceMatrixView<float> samples,
                          DeviceSpan<float> chosen) {
  const std::int64_t r = thread_index() / samples.columns, c = thread_index() % samples.columns;
  if (r >= order.size) return;
  samples(r, c) = rows(order[r], c);
  if (c == 0) chosen[r] = targets[order[r]];
}

/// gate += bias; crossed = x ⊙ gate + x.
__global__ void __launch_bounds__(threads)
    cross_samples_kernel(DeviceMatrixView<const float> x, const float* bias, DeviceMatrixView<float> gate,
                         DeviceMatrixView<float> crossed) {
  const std::int64_t r = thread_index() / gate.columns, c = thread_index() % gate.columns;
  if (r >= gate.rows) return;
  const float g = gate(r, c) + bias[c];
  gate(r, c) = g;
  crossed(r, c) = x(r, c) * (g + 1.0F);
}

struct UnitMask {
  DeviceRandom random;
  std::uint64_t first;
  std::uint32_t below, layer;
  float scale;
};

/// relu(h + bias), units dropped and the others scaled up; four of a sample's units a thread.
__global__ void __launch_bounds__(threads)
    activate_units_kernel(DeviceMatrixView<float> h, const float* bias, UnitMask mask) {
  const std::int64_t quads = h.columns / 4, r = thread_index() / quads, q = thread_index() % quads;
  if (r >= h.rows) return;
  std::uint32_t bits[4] = {0, 0, 0, 0};
  if (mask.below > 0) {
    const uint4 drawn = mask.random.bits(mask.first + static_cast<std::uint64_t>(r),
                                         (mask.layer << 16U) | static_cast<std::uint32_t>(q));
    bits[0] = drawn.x;
    bits[1] = drawn.y;
    bits[2] = drawn.z;
    bits[3] = drawn.w;
  }
#pragma unroll
  for (int k = 0; k < 4; ++k) {
    float& unit = h(r, 4 * q + k);
    const float active = fmaxf(unit + bias[4 * q + k], 0.0F);
    unit = mask.below == 0 ? active : bits[k] < mask.below ? 0.0F : mask.scale * active;
  }
}

struct OutputWeights {
  const float *third, *linear;
  std::int64_t inputs, count;  // of the columns before s, and of s
};

/// Score of sample r, given to all lanes of its warp.
__device__ float score_of(DeviceMatrixView<const float> samples, DeviceMatrixView<const float> h2,
                          const OutputWeights& output, std::int64_t r, int lane) {
  static_assert(NetworkLayout::hidden2 == warp_size);
  const float* s = samples.row(r) + output.inputs;
  float sum = h2(r, lane) * output.third[lane];
  for (std::int64_t k = lane; k < output.count; k += warp_size) sum += s[k] * output.linear[k];
  return group_sum<warp_size>(sum);
}

__global__ void __launch_bounds__(threads)
    score_rows_kernel(DeviceMatrixView<const float> samples, DeviceMatrixView<const float> h2, OutputWeights output,
                      DeviceSpan<float> scores) {
  const std::int64_t r = thread_index() / warp_size;
  if (r >= samples.rows) return;  // the whole warp
  const int lane = static_cast<int>(threadIdx.x) % warp_size;
  const float score = score_of(samples, h2, output, r, lane);
  if (lane == 0) scores[r] = score;
}

/// The derivative of the loss by the score, and by the second layer's units before their activation.
__global__ void __launch_bounds__(threads)
    learn_rows_kernel(DeviceMatrixView<const float> samples, DeviceMatrixView<const float> h2, OutputWeights output,
                      DeviceSpan<const float> targets, float scale, DeviceSpan<float> coefficients,
                      DeviceMatrixView<float> g2) {
  const std::int64_t r = thread_index() / warp_size;
  if (r >= samples.rows) return;  // the whole warp
  const int lane = static_cast<int>(threadIdx.x) % warp_size;
  const float coefficient = (score_of(samples, h2, output, r, lane) - targets[r]) / static_cast<float>(samples.rows);
  if (lane == 0) coefficients[r] = coefficient;
  // An activation is positive exactly where both relu and dropout let it pass.
  g2(r, lane) = h2(r, lane) > 0 ? coefficient * scale * output.third[lane] : 0.0F;
}

__global__ void __launch_bounds__(threads)
    pass_where_positive_kernel(DeviceMatrixView<const float> h, float scale, DeviceMatrixView<float> g) {
  const std::int64_t r = thread_index() / g.columns, c = thread_index() % g.columns;
  if (r >= g.rows) return;
  g(r, c) = h(r, c) > 0 ? scale * g(r, c) : 0.0F;
}

__global__ void __launch_bounds__(threads)
    multiply_elements_kernel(DeviceMatrixView<const float> by, DeviceMatrixView<float> x) {
  const std::int64_t r = thread_index() / x.columns, c = thread_index() % x.columns;
  if (r < x.rows) x(r, c) *= by(r, c);
}

__global__ void __launch_bounds__(threads) fill_kernel(DeviceSpan<float> out, float value) {
  const std::int64_t i = thread_index();
  if (i < out.size) out[i] = value;
}

template <typename T>
DeviceMatrixView<T> matrix(DeviceSpan<T> array, std::int64_t at, std::int64_t rows, std::int64_t columns) {
  return {array.data + at, rows, columns, columns};
}

/// A column of an array, as a matrix.
DeviceMatrixView<const float> column(DeviceSpan<const float> values) { return {values.data, values.size, 1, 1}; }

UnitMask mask_of(const JudgeDropout& dropout, std::uint32_t layer) {
  return {DeviceRandom(dropout.seed, Stream::dropout), dropout.first,
          static_cast<std::uint32_t>(dropout.share * 0x1p32), layer, static_cast<float>(1 / (1 - dropout.share))};
}

OutputWeights output_of(const JudgeWeights& weights) {
  const NetworkLayout& at = weights.layout();
  return {weights.span().data + at.third, weights.span().data + at.of_linear, at.inputs, at.linear};
}

}  // namespace

JudgeWeights::JudgeWeights(DevicePtr device, const NetworkLayout& layout, Span<const float> values)
    : device_(std::move(device)), layout_(layout), values_(*device_, values) {}

JudgeWeights::JudgeWeights(const JudgeWeights& other)
    : device_(other.device_), layout_(other.layout_), values_(*device_, other.layout_.size) {
  EMBRACE_CHECK(cudaMemcpyAsync(values_.span().data, other.values_.span().data,
                                static_cast<std::size_t>(layout_.size) * sizeof(float), cudaMemcpyDeviceToDevice,
                                device_->stream()));
}

JudgeWeights& JudgeWeights::operator=(const JudgeWeights& other) {
  if (this != &other) *this = JudgeWeights(other);
  return *this;
}

JudgePass::JudgePass(DevicePtr device, const NetworkLayout& layout, std::int64_t most)
    : device_(std::move(device)),
      layout_(layout),
      samples_(*device_, most, layout.inputs + layout.linear),
      gate_(*device_, layout.crossed ? most : 0, layout.inputs),
      crossed_(*device_, layout.crossed ? most : 0, layout.inputs),
      h1_(*device_, most, NetworkLayout::hidden1),
      h2_(*device_, most, NetworkLayout::hidden2),
      g1_(*device_, most, NetworkLayout::hidden1),
      g2_(*device_, most, NetworkLayout::hidden2),
      gz_(*device_, layout.crossed ? most : 0, layout.inputs),
      targets_(*device_, most),
      coefficients_(*device_, most),
      ones_(*device_, most) {
  fill_kernel<<<blocks_for(most, threads), threads, 0, device_->stream()>>>(ones_.span(), 1.0F);
  EMBRACE_CHECK(cudaGetLastError());
}

std::int64_t JudgePass::bytes(const NetworkLayout& layout, std::int64_t most) {
  const std::int64_t hidden = DeviceMatrix::bytes(most, NetworkLayout::hidden1 + NetworkLayout::hidden2);
  const std::int64_t crossed = layout.crossed ? 3 * DeviceMatrix::bytes(most, layout.inputs) : 0;
  return DeviceMatrix::bytes(most, layout.inputs + layout.linear) + crossed + 2 * hidden + 12 * most;
}

DeviceMatrixView<float> JudgePass::part(DeviceMatrix& whole, std::int64_t rows) {
  DeviceMatrixView<float> view = whole.view();
  view.rows = rows;
  return view;
}

DeviceMatrixView<const float> JudgePass::hidden_of(const JudgeWeights& weights, DeviceMatrixView<const float> samples,
                                                   const JudgeDropout& dropout) {
  constexpr std::int64_t hidden1 = NetworkLayout::hidden1, hidden2 = NetworkLayout::hidden2;
  const DeviceSpan<const float> w = weights.span();
  const std::int64_t n = samples.rows;
  DeviceMatrixView<const float> z{samples.data, n, layout_.inputs, samples.stride};
  if (layout_.crossed) {
    const auto gate = part(gate_, n), crossed = part(crossed_, n);
    multiply(*device_, z, matrix(w, layout_.cross, layout_.inputs, layout_.inputs), 0, gate);
    cross_samples_kernel<<<blocks_for(n * layout_.inputs, threads), threads, 0, device_->stream()>>>(
        z, w.data + layout_.cross_bias, gate, crossed);
    EMBRACE_CHECK(cudaGetLastError());
    z = crossed;
  }
  const auto h1 = part(h1_, n), h2 = part(h2_, n);
  multiply(*device_, z, matrix(w, layout_.first, layout_.inputs, hidden1), 0, h1);
  activate_units_kernel<<<blocks_for(n * hidden1 / 4, threads), threads, 0, device_->stream()>>>(
      h1, w.data + layout_.first_bias, mask_of(dropout, 0));
  EMBRACE_CHECK(cudaGetLastError());
  multiply(*device_, h1, matrix(w, layout_.second, hidden1, hidden2), 0, h2);
  activate_units_kernel<<<blocks_for(n * hidden2 / 4, threads), threads, 0, device_->stream()>>>(
      h2, w.data + layout_.second_bias, mask_of(dropout, 1));
  EMBRACE_CHECK(cudaGetLastError());
  return z;
}

void JudgePass::predict(const JudgeWeights& weights, DeviceMatrixView<const float> rows, DeviceSpan<float> out) {
  EMBRACE_PHASE("predict");
  if (rows.rows == 0) return;
  hidden_of(weights, rows, {});
  score_rows_kernel<<<blocks_for(rows.rows, threads / warp_size), threads, 0, device_->stream()>>>(
      rows, part(h2_, rows.rows), output_of(weights), out);
  EMBRACE_CHECK(cudaGetLastError());
}

void JudgePass::gradient(const JudgeWeights& weights, DeviceMatrixView<const float> rows,
                         DeviceSpan<const float> targets, DeviceSpan<const std::int32_t> order,
                         const JudgeDropout& dropout, DeviceSpan<float> gradient) {
  EMBRACE_PHASE("network");
  constexpr std::int64_t hidden1 = NetworkLayout::hidden1, hidden2 = NetworkLayout::hidden2;
  const std::int64_t n = order.size;
  const auto samples = part(samples_, n), h1 = part(h1_, n), h2 = part(h2_, n), g1 = part(g1_, n), g2 = part(g2_, n);
  const DeviceSpan<float> chosen = targets_.span().part(0, n), coefficients = coefficients_.span().part(0, n);
  gather_samples_kernel<<<blocks_for(n * samples.columns, threads), threads, 0, device_->stream()>>>(
      rows, targets, order, samples, chosen);
  EMBRACE_CHECK(cudaGetLastError());
  const DeviceMatrixView<const float> z = hidden_of(weights, samples, dropout);
  const auto scale = static_cast<float>(1 / (1 - dropout.share));
  learn_rows_kernel<<<blocks_for(n, threads / warp_size), threads, 0, device_->stream()>>>(
      samples, h2, output_of(weights), chosen, scale, coefficients, g2);
  EMBRACE_CHECK(cudaGetLastError());

  const DeviceMatrixView<const float> errors = column(coefficients), ones = column(ones_.span().part(0, n));
  const DeviceMatrixView<const float> x{samples.data, n, layout_.inputs, samples.stride};
  const DeviceMatrixView<const float> s{samples.data + layout_.inputs, n, layout_.linear, samples.stride};
  const DeviceSpan<const float> w = weights.span();
  multiply_by_transposed(*device_, h2, errors, 0, matrix(gradient, layout_.third, hidden2, 1));
  multiply_by_transposed(*device_, s, errors, 0, matrix(gradient, layout_.of_linear, layout_.linear, 1));
  multiply_by_transposed(*device_, h1, g2, 0, matrix(gradient, layout_.second, hidden1, hidden2));
  multiply_by_transposed(*device_, ones, g2, 0, matrix(gradient, layout_.second_bias, 1, hidden2));
  multiply_transposed(*device_, g2, matrix(w, layout_.second, hidden1, hidden2), 0, g1);
  pass_where_positive_kernel<<<blocks_for(n * hidden1, threads), threads, 0, device_->stream()>>>(h1, scale, g1);
  EMBRACE_CHECK(cudaGetLastError());
  multiply_by_transposed(*device_, z, g1, 0, matrix(gradient, layout_.first, layout_.inputs, hidden1));
  multiply_by_transposed(*device_, ones, g1, 0, matrix(gradient, layout_.first_bias, 1, hidden1));
  if (!layout_.crossed) return;
  const auto gz = part(gz_, n);
  multiply_transposed(*device_, g1, matrix(w, layout_.first, layout_.inputs, hidden1), 0, gz);
  multiply_elements_kernel<<<blocks_for(n * layout_.inputs, threads), threads, 0, device_->stream()>>>(x, gz);
  EMBRACE_CHECK(cudaGetLastError());
  multiply_by_transposed(*device_, x, gz, 0, matrix(gradient, layout_.cross, layout_.inputs, layout_.inputs));
  multiply_by_transposed(*device_, ones, gz, 0, matrix(gradient, layout_.cross_bias, 1, layout_.inputs));
}

JudgeDescent::JudgeDescent(DevicePtr device, const NetworkLayout& layout)
    : device_(std::move(device)),
      gradient_(*device_, layout.size),
      m_(*device_, layout.size),
      v_(*device_, layout.size) {
  m_.clear();
  v_.clear();
}

void JudgeDescent::step(double rate, double decay, JudgeWeights& weights) {
  EMBRACE_PHASE("update network");
  update_by_adam(*device_, AdamStep(rate, decay, ++steps_), weights.layout().decaying,
                 {gradient_.span(), weights.span(), m_.span(), v_.span()});
}

}  // namespace embrace::gpu
