// Frozen vectors of a batch: gathered, X(slot) = vector of its entity, for products by cuBLAS, and for each column c
//   g_b(c) = Σ X(slot, c) g_b(slot),  squares(c) = Σ X(slot, c)² samples(slot)
// Mapping: gathering takes a thread four floats, rows beyond the batch's slots being cleared, since products go over
// all rows that a batch may have. Sums take a block 32 columns and a warp every 16th slot; the warps' parts are added
// in their order. Cost a batch of n slots, d columns, k factors: 8 n d bytes to gather, 4 n d for the sums, and
// products of 2 n d (k + 1) and 2 n d k flops; four launches and three products.
#include "cuda/device/phase.hpp"
#include "cuda/learning/frozen_vectors.cuh"
#include "cuda/math/product.hpp"

namespace embrace::gpu {
namespace {

constexpr int threads = 256;
constexpr int parts = 16;  // warps of a block that sums

__global__ void __launch_bounds__(threads)
    gather_frozen_kernel(DeviceMatrixView<const float> frozen, DeviceSpan<const std::int32_t> entity,
                         DeviceSpan<const std::int64_t> batch_slots, std::int64_t batch, DeviceMatrixView<float> out) {
  const std::int64_t i = static_cast<std::int64_t>(blockIdx.x) * threads + threadIdx.x;
  const std::int64_t quads = out.stride / 4, slot = i / quads, quad = i % quads;
  if (slot >= out.rows) return;
  const std::int64_t global = batch_slots[batch] + slot;
  quad_of(out, slot, quad) =
      global < batch_slots[batch + 1] ? quad_of(frozen, entity[global], quad) : make_float4(0, 0, 0, 0);
}

__global__ void __launch_bounds__(parts* warp_size) sum_frozen_kernel(FrozenView frozen, FrozenBatch batch) {
  __shared__ float2 sums[parts][warp_size];
  const int lane = static_cast<int>(threadIdx.x) % warp_size, part = static_cast<int>(threadIdx.x) / warp_size;
  const std::int64_t column = static_cast<std::int64_t>(blockIdx.x) * warp_size + lane;
  const std::int64_t begin = batch.batch_slots[batch.index], slots = batch.batch_slots[batch.index + 1] - begin;
  float2 sum = make_float2(0, 0);
  for (std::int64_t s = part; column < frozen.vectors.columns && s < slots; s += parts) {
    const float value = frozen.vectors(s, column);
    sum.x += value * batch.gradients.bias[s];
    sum.y += value * value * static_cast<float>(batch.first[begin + s + 1] - batch.first[begin + s]);
  }
  sums[part][lane] = sum;
  __syncthreads();  // all parts are there before the first warp adds them
  if (part != 0 || column >= frozen.vectors.columns) return;
  for (int other = 1; other < parts; ++other) {
    sum.x += sums[other][lane].x;
    sum.y += sums[other][lane].y;
  }
  frozen.bias_gradients[column] = sum.x;
  frozen.squares[column] = sum.y;
}

}  // namespace

FrozenVectors::FrozenVectors(Device& device, const embrace::EmbeddingTable& host, const Slots::Bounds& bounds)
    : vectors_(device, host.frozen().columns > 0 ? bounds.slots : 0, host.frozen().columns),
      gradients_(device, host.frozen().columns, host.factors()),
      bias_gradients_(device, host.frozen().columns),
      squares_(device, host.frozen().columns) {}

std::int64_t FrozenVectors::bytes(const embrace::EmbeddingTable& host, const Slots::Bounds& bounds) {
  const std::int64_t columns = host.frozen().columns;
  return DeviceMatrix::bytes(bounds.slots, columns) + DeviceMatrix::bytes(columns, host.factors()) + 8 * columns;
}

void FrozenVectors::represent(Device& device, const EmbeddingTable& table, const SlotsView& slots, std::int64_t index,
                              Values& values) {
  EMBRACE_PHASE("frozen vectors");
  const auto out = vectors_.view();
  if (out.rows == 0) return;
  gather_frozen_kernel<<<blocks_for(out.rows * out.stride / 4, threads), threads, 0, device.stream()>>>(
      table.view().frozen, slots.entity, slots.batch_slots, index, out);
  EMBRACE_CHECK(cudaGetLastError());
  table.add_frozen(device, out, values);
}

void sum_frozen_gradients(Device& device, const FrozenView& frozen, const FrozenBatch& batch) {
  EMBRACE_PHASE("frozen vectors");
  const auto& all = batch.gradients.vectors;
  multiply_by_transposed(
      device, frozen.vectors,
      {all.data + (batch.slices - 1) * all.stride, frozen.vectors.rows, all.columns, all.stride * batch.slices}, 0,
      frozen.gradients);
  if (batch.gradients.common.rows > 0) {
    multiply_by_transposed(device, frozen.vectors, batch.gradients.common, 1, frozen.gradients);
  }
  sum_frozen_kernel<<<blocks_for(frozen.vectors.columns, warp_size), parts * warp_size, 0, device.stream()>>>(frozen,
                                                                                                              batch);
  EMBRACE_CHECK(cudaGetLastError());
}

}  // namespace embrace::gpu
