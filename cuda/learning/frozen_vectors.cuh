// The update of the rows of frozen vectors, which every batch touches.
#pragma once
#include "cuda/learning/embedding_table.cuh"
#include "cuda/learning/frozen_vectors.hpp"

namespace embrace::gpu {

/// What UpdateRows says of a batch, but for its update.
struct FrozenBatch {
  std::int64_t index;
  SlotGradients gradients;
  DeviceSpan<const std::int64_t> first;  // of SlotsView
  DeviceSpan<const std::int64_t> batch_slots;
  std::int64_t slices;
};

/// Fills all that `frozen` has beside its vectors.
void sum_frozen_gradients(Device& device, const FrozenView& frozen, const FrozenBatch& batch);

/// A thread four floats of a row.
template <typename Update>
__global__ void __launch_bounds__(256) update_frozen_kernel(FrozenView frozen, std::int64_t first_row, Update update) {
  const std::int64_t i = static_cast<std::int64_t>(blockIdx.x) * 256 + threadIdx.x;
  const std::int64_t quads = frozen.gradients.stride / 4, row = i / quads, quad = i % quads;
  if (row >= frozen.gradients.rows) return;
  update(first_row + row, quad,
         {quad_of(frozen.gradients, row, quad), frozen.bias_gradients[row], frozen.squares[row]});
}

/// With the update of the other rows.
template <typename Update>
void update_frozen(Device& device, const FrozenView& frozen, const UpdateRows<Update>& rows) {
  const std::int64_t columns = frozen.gradients.rows;
  if (columns == 0) return;
  sum_frozen_gradients(device, frozen, {rows.batch, rows.gradients, rows.first, rows.batch_slots, rows.slices});
  update_frozen_kernel<<<blocks_for(columns * frozen.gradients.stride / 4, 256), 256, 0, device.stream()>>>(
      frozen, rows.rows - columns, rows.update);
  EMBRACE_CHECK(cudaGetLastError());
}

}  // namespace embrace::gpu
