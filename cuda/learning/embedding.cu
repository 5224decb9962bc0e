// score(u, i) = offset + b_u + b_i + p_u · q_i, for pairs and for users × all items.
// Pairs: a group of 8 lanes a pair; each lane reads four floats at a time, 128 bytes of a row by the group; the lanes'
//   sums meet in a fixed tree. Cost a pair: 8 bytes of indices, 8 k of vectors, 4 written; 2 k flops: bound by memory.
// All items: the biases are written first, 4 bytes a score; the product is added by one GEMM over the users' rows,
//   gathered next to each other: 2 k flops a score.
#include "cuda/device/phase.hpp"
#include "cuda/learning/embedding.hpp"
#include "cuda/math/product.hpp"
#include "cuda/math/reduce.cuh"

namespace embrace::gpu {
namespace {

constexpr int threads = 256;
constexpr int lanes_a_pair = 8;

__device__ float bias_of(DeviceSpan<const float> bias, std::int64_t index) { return bias.empty() ? 0.0F : bias[index]; }

__global__ void __launch_bounds__(threads)
    predict_pairs_kernel(DeviceEmbeddingView model, DeviceSpan<const std::int32_t> users,
                         DeviceSpan<const std::int32_t> items, DeviceSpan<float> out) {
  const std::int64_t thread = static_cast<std::int64_t>(blockIdx.x) * threads + threadIdx.x;
  const std::int64_t pair = thread / lanes_a_pair;
  const int lane = static_cast<int>(thread % lanes_a_pair);
  const bool active = pair < out.size;  // the others only help with the shuffles
  const std::int64_t user = active ? users[pair] : 0;
  const std::int64_t item = active ? items[pair] : 0;
  float sum = 0;
  if (active) {
    const auto* p = reinterpret_cast<const float4*>(model.users.row(user));
    const auto* q = reinterpret_cast<const float4*>(model.items.row(item));
    for (std::int64_t k = lane; k < model.users.stride / 4; k += lanes_a_pair) {
      const float4 a = p[k], b = q[k];
      sum += a.x * b.x + a.y * b.y + (a.z * b.z + a.w * b.w);
    }
  }
  sum = group_sum<lanes_a_pair>(sum);
  if (active && lane == 0) {
    out[pair] = model.offset + bias_of(model.user_bias, user) + bias_of(model.item_bias, item) + sum;
  }
}

__global__ void __launch_bounds__(threads)
    write_biases_kernel(DeviceEmbeddingView model, DeviceSpan<const std::int32_t> users, DeviceMatrixView<float> out) {
  const std::int64_t item = static_cast<std::int64_t>(blockIdx.x) * threads + threadIdx.x;
  if (item >= out.columns) return;
  const float item_bias = bias_of(model.item_bias, item);
  for (std::int64_t row = blockIdx.y; row < out.rows; row += gridDim.y) {
    out(row, item) = model.offset + bias_of(model.user_bias, users[row]) + item_bias;
  }
}

__global__ void __launch_bounds__(threads)
    gather_rows_kernel(DeviceMatrixView<const float> from, DeviceSpan<const std::int32_t> rows,
                       DeviceMatrixView<float> to) {
  const std::int64_t column = static_cast<std::int64_t>(blockIdx.x) * threads + threadIdx.x;
  if (column >= to.columns) return;
  for (std::int64_t row = blockIdx.y; row < to.rows; row += gridDim.y) to(row, column) = from(rows[row], column);
}

}  // namespace

void predict_pairs(Device& device, const DeviceEmbeddingView& model, DeviceSpan<const std::int32_t> users,
                   DeviceSpan<const std::int32_t> items, DeviceSpan<float> out) {
  EMBRACE_PHASE("predict");
  if (out.empty()) return;
  predict_pairs_kernel<<<blocks_for(out.size, threads / lanes_a_pair), threads, 0, device.stream()>>>(model, users,
                                                                                                      items, out);
  EMBRACE_CHECK(cudaGetLastError());
}

void score_items(Device& device, const DeviceEmbeddingView& model, DeviceSpan<const std::int32_t> users,
                 DeviceMatrixView<float> out) {
  EMBRACE_PHASE("score");
  if (out.rows == 0 || out.columns == 0) return;
  write_biases_kernel<<<matrix_grid(out.rows, out.columns, threads), threads, 0, device.stream()>>>(model, users, out);
  EMBRACE_CHECK(cudaGetLastError());
  const std::int64_t factors = model.users.columns;
  if (factors == 0) return;
  DeviceMatrix gathered(device, users.size, factors);
  gather_rows_kernel<<<matrix_grid(users.size, factors, threads), threads, 0, device.stream()>>>(model.users, users,
                                                                                                 gathered.view());
  EMBRACE_CHECK(cudaGetLastError());
  multiply_transposed(device, std::as_const(gathered).view(), model.items, 1, out);
}

}  // namespace embrace::gpu
