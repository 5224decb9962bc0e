// deep: sums over segments of a minibatch (formulas: host/methods/deep_model.hpp and deep.cpp):
//   x(slot, slice) = Σ value * row of the slice's features
//   g_H(slot) = Σ g1(sample),  g_s(slot) = Σ c (sums of the other sides),  g_b(slot) = Σ c,   over samples of a slot
//   g(row) = Σ value (g_x(slot, slice of the row) + g_s(slot)) over the slots that read it, g_x = W g_H; then
//   Adagrad (cuda/learning/adagrad.cuh)
// Mapping: cuda/math/segments.cuh, all sides in one launch.
// Cost a batch of n samples, e features of all slots, k factors, h hidden units: 4 k e + 4 h n sides + 8 k n sides + 8
// k e bytes read, and 16 k a touched row for Adagrad; bound by launches for small batches, else by the level 2
// cache.
#include <algorithm>

#include "cuda/device/phase.hpp"
#include "cuda/learning/adagrad.cuh"
#include "cuda/learning/frozen_vectors.cuh"
#include "cuda/methods/deep_slots.hpp"

namespace embrace::gpu {
namespace {

/// Reads of a batch to samples, and keys to its slots.
struct SlotReads {
  std::int64_t first_read;
  std::int64_t batch;
  DeviceSpan<const std::int64_t> batch_slots;
  __device__ std::int64_t sample(Element element) const { return element.index - first_read; }
  __device__ std::int64_t slot(std::uint32_t key) const { return static_cast<std::int64_t>(key) - batch_slots[batch]; }
};

struct Segment {
  std::int64_t slot;
};

struct HiddenGradient {
  SegmentsView list;
  std::int64_t batch;
  std::int64_t quads;
  Partials partials;
  SlotReads reads;
  DeviceMatrixView<const float> g1;
  DeviceMatrixView<float> out;

  __device__ Segment segment(std::uint32_t key) const { return {reads.slot(key)}; }
  __device__ void add(const Segment&, Element element, std::int64_t k, Sum& sum) const {
    add_scaled(1.0F, quad_of(g1, reads.sample(element), k), sum.vector);
  }
  __device__ void finish(const Segment& segment, std::int64_t k, const Sum& sum) const {
    quad_of(out, segment.slot, k) = sum.vector;
  }
};

/// Derivative of the factorization machine's part: sums of the other sides.
struct Interactions {
  SegmentsView list;
  std::int64_t batch;
  std::int64_t quads;
  Partials partials;
  SlotReads reads;
  DeepReads first, second;  // the other sides; no rows: none, and the head may read neither
  DeviceSpan<const float> coefficients;
  DeviceMatrixView<float> out;
  DeviceSpan<float> bias;

  __device__ Segment segment(std::uint32_t key) const { return {reads.slot(key)}; }
  __device__ void add(const Segment&, Element element, std::int64_t k, Sum& sum) const {
    const std::int64_t s = reads.sample(element);
    const float coefficient = coefficients[s];
    if (first.sum.rows > 0) add_scaled(coefficient, quad_of(first.sum, first.row[s], k), sum.vector);
    if (second.sum.rows > 0) add_scaled(coefficient, quad_of(second.sum, second.row[s], k), sum.vector);
    sum.bias += coefficient;
  }
  __device__ void finish(const Segment& segment, std::int64_t k, const Sum& sum) const {
    quad_of(out, segment.slot, k) = sum.vector;
    if (k == 0) bias[segment.slot] = sum.bias;
  }
};

Represent represent_of(const DeepBatch& batch, std::size_t which) {
  const DeepSideBatch& side = batch.side[which];
  const std::int64_t quads = side.table.quads();
  return {side.slots.entries, batch.index,  quads,     {side.partials, quads}, side.table.vectors,
          side.table.bias,    side.vectors, side.bias, side.slots.batch_slots, side.table.slices};
}

SlotReads reads_of(const DeepBatch& batch, std::size_t which) {
  const SlotsView& slots = batch.side[which].slots;
  return {batch.index * slots.reads_a_batch, batch.index, slots.batch_slots};
}

HiddenGradient hidden_of(const DeepBatch& batch, std::size_t which) {
  const DeepSideBatch& side = batch.side[which];
  const std::int64_t quads = batch.g1.stride / 4;
  return {side.slots.reads, batch.index,          quads, {side.partials, quads}, reads_of(batch, which),
          batch.g1,         side.hidden_gradients};
}

Interactions interactions_of(const DeepBatch& batch, std::size_t which) {
  const DeepSideBatch& side = batch.side[which];
  const std::int64_t quads = side.table.quads();
  const std::size_t first = which == 0 ? 1 : 0, second = which == 2 ? 1 : 2;
  return {side.slots.reads,
          batch.index,
          quads,
          {side.partials, quads},
          reads_of(batch, which),
          batch.interacts ? batch.side[first].reads : DeepReads{},
          batch.interacts && second < static_cast<std::size_t>(batch.sides) ? batch.side[second].reads : DeepReads{},
          batch.coefficients,
          side.interactions,
          side.bias_gradients};
}

UpdateRows<Adagrad> update_of(const DeepBatch& batch, std::size_t which) {
  const DeepSideBatch& side = batch.side[which];
  const std::int64_t quads = side.table.quads();
  return {side.slots.readers,
          batch.index,
          quads,
          {side.partials, quads},
          {side.gradients, side.interactions, side.bias_gradients},
          side.slots.first,
          side.slots.batch_slots,
          side.table.slice,
          side.table.slices,
          side.table.rows(),
          {side.rows}};
}

MostSegments most_reads(const DeepBatch& batch) {
  MostSegments most;
  for (const DeepSideBatch& side : batch.side) most.include(side.slots.reads_a_batch, side.interactions.rows);
  return most;
}
MostSegments most_entries(const DeepBatch& batch) {
  MostSegments most;
  for (const DeepSideBatch& side : batch.side) most.include(side.most_entries, side.vectors.rows);
  return most;
}
/// By the row that reads them.
MostSegments most_readers(const DeepBatch& batch) {
  MostSegments most;
  for (const DeepSideBatch& side : batch.side) most.include(side.most_entries, side.table.rows());
  return most;
}

}  // namespace

std::int64_t deep_partials(const Slots::Bounds& bounds, std::int64_t factors, std::int64_t hidden) {
  return Partials::size(std::max(bounds.reads, bounds.entries), DeviceMatrix::stride(std::max(factors, hidden)) / 4);
}

void represent(Device& device, const DeepBatch& batch) {
  EMBRACE_PHASE("represent");
  sum_sides(device, batch.sides, most_entries(batch), batch.side[0].table.quads(),
            [&](std::size_t which) { return represent_of(batch, which); });
}

void sum_slot_gradients(Device& device, const DeepBatch& batch) {
  EMBRACE_PHASE("slot gradients");
  const MostSegments reads = most_reads(batch);
  sum_sides(device, batch.sides, reads, batch.g1.stride / 4,
            [&](std::size_t which) { return hidden_of(batch, which); });
  sum_sides(device, batch.sides, reads, batch.side[0].table.quads(),
            [&](std::size_t which) { return interactions_of(batch, which); });
}

void update_rows(Device& device, const DeepBatch& batch) {
  EMBRACE_PHASE("update rows");
  sum_sides(device, batch.sides, most_readers(batch), batch.side[0].table.quads(),
            [&](std::size_t which) { return update_of(batch, which); });
  for (std::size_t which = 0; which < static_cast<std::size_t>(batch.sides); ++which) {
    update_frozen(device, batch.side[which].frozen, update_of(batch, which));
  }
}

}  // namespace embrace::gpu
