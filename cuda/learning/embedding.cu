// score(u, i) = offset + b_u + b_i + p_u · q_i, for pairs; cuda/learning/embedding_items.cu has users and all items.
// Mapping: a group of 8 lanes a pair; each lane reads four floats at a time, 128 bytes of a row by the group; the
// lanes'
//   sums meet in a fixed tree.
// Cost a pair: 8 bytes of indices, 8 k of vectors, 4 written; 2 k flops: bound by memory.
#include "cuda/device/phase.hpp"
#include "cuda/learning/embedding.hpp"
#include "cuda/math/reduce.cuh"

namespace embrace::gpu {
namespace {

constexpr int threads = 256;
constexpr int lanes_a_pair = 8;

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

}  // namespace

void predict_pairs(Device& device, const DeviceEmbeddingView& model, DeviceSpan<const std::int32_t> users,
                   DeviceSpan<const std::int32_t> items, DeviceSpan<float> out) {
  EMBRACE_PHASE("predict");
  if (out.empty()) return;
  predict_pairs_kernel<<<blocks_for(out.size, threads / lanes_a_pair), threads, 0, device.stream()>>>(model, users,
                                                                                                      items, out);
  EMBRACE_CHECK(cudaGetLastError());
}

}  // namespace embrace::gpu
