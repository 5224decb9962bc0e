// The sums over segments that all models with an EmbeddingTable share: representations, and gradients of rows.
#pragma once
#include "cuda/learning/embedding_table.hpp"
#include "cuda/math/quads.cuh"
#include "cuda/math/random.cuh"
#include "cuda/math/segments.cuh"

namespace embrace::gpu {

/// Of an entity that has identity.
inline __device__ bool leaves_identity_out(const IdentityDropout& dropout, std::uint64_t batch, std::int32_t entity) {
  if (!(dropout.share > 0)) return false;
  const DeviceRandom random(dropout.seed, Stream::dropout);
  return random.uniform(dropout.first + dropout.step * batch, static_cast<std::uint32_t>(entity)) < dropout.share;
}

/// values(slot, slice) = Σ value * row. Slices without entries are left as they are.
struct Represent {
  SegmentsView list;
  std::int64_t batch;
  std::int64_t quads;
  Partials partials;
  DeviceMatrixView<const float> table;
  DeviceSpan<const float> table_bias;
  DeviceMatrixView<float> vectors;
  DeviceSpan<float> bias;
  DeviceSpan<const std::int64_t> batch_slots;  // empty: keys are rows of `vectors`
  std::int64_t slices;

  struct Segment {
    std::int64_t to;
  };
  __device__ Segment segment(std::uint32_t key) const {
    return {static_cast<std::int64_t>(key) - (batch_slots.empty() ? 0 : batch_slots[batch] * slices)};
  }
  __device__ void add(const Segment&, Element element, std::int64_t quad, Sum& sum) const {
    add_scaled(element.value, quad_of(table, element.index, quad), sum.vector);
    sum.bias += element.value * table_bias[element.index];
  }
  __device__ void finish(const Segment& segment, std::int64_t quad, const Sum& sum) const {
    quad_of(vectors, segment.to, quad) = sum.vector;
    if (quad == 0) bias[segment.to] = sum.bias;
  }
};

/// Gradients of slots: of the vector by slice, and of the bias, which is the same for all.
struct SlotGradients {
  DeviceMatrixView<const float> vectors;  // (slot, slice) × factors
  DeviceMatrixView<const float> common;   // slot × factors, added in every slice; no rows: none
  DeviceSpan<const float> bias;           // slot
};

/// update(row, quad, Σ value * gradient, Σ over samples of value²) for each touched row of a batch.
template <typename Update>
struct UpdateRows {
  SegmentsView list;
  std::int64_t batch;
  std::int64_t quads;
  Partials partials;
  SlotGradients gradients;
  DeviceSpan<const std::int64_t> first;  // of SlotsView
  DeviceSpan<const std::int64_t> batch_slots;
  DeviceSpan<const std::int32_t> slice;
  std::int64_t slices;
  std::int64_t rows;
  Update update;

  struct Segment {
    std::int64_t row;
    std::int64_t slice;
    std::int64_t first_slot;
  };
  __device__ Segment segment(std::uint32_t key) const {
    const std::int64_t row = static_cast<std::int64_t>(key) - batch * rows;
    return {row, slice[row], batch_slots[batch]};
  }
  __device__ void add(const Segment& segment, Element element, std::int64_t quad, Sum& sum) const {
    const std::int64_t slot = element.index, global = segment.first_slot + slot;
    float4 gradient = quad_of(gradients.vectors, slot * slices + segment.slice, quad);
    if (gradients.common.rows > 0) add_scaled(1.0F, quad_of(gradients.common, slot, quad), gradient);
    add_scaled(element.value, gradient, sum.vector);
    sum.bias += element.value * gradients.bias[slot];
    sum.extra += element.value * element.value * static_cast<float>(first[global + 1] - first[global]);
  }
  __device__ void finish(const Segment& segment, std::int64_t quad, const Sum& sum) const {
    update(segment.row, quad, sum);
  }
};

}  // namespace embrace::gpu
