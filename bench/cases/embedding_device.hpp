// A minibatch of `hybrid` on a CUDA device, ready for its steps.
#pragma once
#include <algorithm>
#include <array>

#include "bench/cases/device.hpp"
#include "bench/cases/embedding_batch.hpp"
#include "cuda/methods/hybrid_kernels.hpp"

namespace embrace::cases {

/// One side: its table, what its rows learn by, the slots of the batch.
struct DeviceSide {
  DeviceSide(gpu::Device& device, const ModelSide& start, Span<const std::int32_t> reads, double learning_rate)
      : bounds(gpu::Slots::bounds(start.table, reads.size(), 1)),
        table(device, start.table),
        rows(device, start, learning_rate),
        slots(device, bounds, 1),
        values(device, bounds.slots, 1, start.table.factors()),
        gradients(device, bounds.slots, 1, start.table.factors()),
        partials(device, gpu::hybrid_partials(bounds, start.table.factors())) {
    gpu::SortBuffers sorts(device, std::max(bounds.reads, bounds.entries) + 1);
    device.upload(reads, slots.entity_of_read());
    slots.collect(device, table.view(), reads.size(), {}, sorts);
    gpu::clear(device, {&values});
  }
  gpu::HybridSide view() {
    return {table.view(),
            slots.view(),
            0,
            bounds.entries,
            values.vectors.view(),
            values.bias.span(),
            gradients.vectors.view(),
            gradients.bias.span(),
            rows.view(table),
            partials.span(),
            {}};
  }

  gpu::Slots::Bounds bounds;
  gpu::EmbeddingTable table;
  gpu::AdagradSide rows;
  gpu::Slots slots;
  gpu::Values values, gradients;
  gpu::DeviceBuffer<gpu::Sum> partials;
};

struct DeviceBatch {
  DeviceBatch(gpu::Device& device, const Inputs& in)
      : host(std::make_shared<EmbeddingBatch>(in)),
        learning_rate(in.hyper["learning_rate"]),
        coefficients(device, Span<const float>(host->coefficients)) {
    for (const std::int64_t side : {EmbeddingBatch::users, EmbeddingBatch::items}) {
      sides.emplace_back(device, host->sides[side], EmbeddingBatch::reads(in, side), learning_rate);
    }
  }
  gpu::HybridBatch view() {
    return {coefficients.size(), Loss::squared, 2, 0, {sides[0].view(), sides[1].view()}, {}, coefficients.span(), {}};
  }
  /// The tables as they were at first.
  void reset(gpu::Device& device) {
    for (std::size_t side = 0; side < sides.size(); ++side) {
      const ModelSide& start = host->sides[static_cast<std::int64_t>(side)];
      sides[side].table = gpu::EmbeddingTable(device, start.table);
      sides[side].rows = gpu::AdagradSide(device, start, learning_rate);
    }
  }

  std::shared_ptr<EmbeddingBatch> host;
  double learning_rate;
  gpu::DeviceBuffer<float> coefficients;
  std::vector<DeviceSide> sides;
};

/// [vector | bias] of the slot of each sample, users' first.
inline std::vector<double> by_sample(gpu::Device& device, const DeviceBatch& batch, gpu::Values DeviceSide::*values) {
  std::vector<double> all;
  for (const DeviceSide& side : batch.sides) {
    const Matrix vectors = download(device, (side.*values).vectors);
    const std::vector<float> bias = (side.*values).bias.download();
    const gpu::DeviceSpan<const std::int32_t> of_read = side.slots.view().slot;
    std::vector<std::int32_t> slots(static_cast<std::size_t>(of_read.size));
    device.download(of_read, Span<std::int32_t>(slots));
    for (const std::int32_t slot : slots) {
      all.insert(all.end(), vectors.row(slot), vectors.row(slot) + vectors.columns());
      all.push_back(static_cast<double>(bias[static_cast<std::size_t>(slot)]));
    }
  }
  return all;
}

}  // namespace embrace::cases
