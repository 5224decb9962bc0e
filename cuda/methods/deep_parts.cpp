#include "cuda/methods/deep_parts.hpp"

#include <algorithm>
#include <cmath>

#include "cuda/math/product.hpp"

namespace embrace::gpu {

DeepStart::DeepStart(const Problem& problem)
    : samples(problem, embrace::Samples::Negatives::pointwise, embrace::deep_negatives),
      sides(embrace::make_sides(problem, embrace::EmbeddingTable::Slices::by_field)),
      network{{},
              {},
              embrace::DeepHead(embrace::deep_shape(problem.hyper, sides), problem.hyper["dropout"],
                                Random(problem.seed, Stream::initial))} {
  for (std::int64_t side = 0; side < sides.size(); ++side) {
    const embrace::EmbeddingTable& table = sides[side].table;
    network.first.push_back(
        std::move(embrace::first_layer(table, network.head.shape().width(), problem.seed, side).value));
    network.slices.push_back(table.slices());
  }
}

Activations::Activations(Device& device, std::int64_t entities, std::int64_t factors, std::int64_t hidden_units)
    : hidden(device, entities, hidden_units), sum(device, entities, factors), bias(device, entities) {}

std::int64_t Activations::bytes(std::int64_t entities, std::int64_t factors, std::int64_t hidden_units) {
  return DeviceMatrix::bytes(entities, hidden_units) + DeviceMatrix::bytes(entities, factors) + 4 * entities;
}

void Activations::fill(Device& device, Values& values, std::int64_t slices, DeviceMatrixView<const float> first) {
  multiply(device, values.by_entity(), first, 0, hidden.view());
  sum_slices(device, values.vectors.view(), values.bias.span(), slices, sum.view(), bias.span());
}

DeepSide::DeepSide(Device& device, const embrace::ModelSide& start, double learning_rate, const Slots::Bounds& bounds,
                   std::int64_t hidden_units)
    : values(device, bounds.slots, start.table.slices(), start.table.factors()),
      active(device, bounds.slots, start.table.factors(), hidden_units),
      gradients(device, bounds.slots, start.table.slices(), start.table.factors()),
      common(device, bounds.slots, start.table.factors(), hidden_units),
      rows(device, start, learning_rate),
      partials(device, deep_partials(bounds, start.table.factors(), hidden_units)),
      frozen(device, start.table, bounds) {
  clear(device, {&gradients});  // they stay zero where the network does not teach
}

std::int64_t DeepSide::bytes(const embrace::EmbeddingTable& table, const Slots::Bounds& bounds,
                             std::int64_t hidden_units) {
  return 2 * Values::bytes(bounds.slots, table.slices(), table.factors()) +
         2 * Activations::bytes(bounds.slots, table.factors(), hidden_units) + AdagradSide::bytes(table) +
         static_cast<std::int64_t>(sizeof(Sum)) * deep_partials(bounds, table.factors(), hidden_units) +
         FrozenVectors::bytes(table, bounds);
}

MemoryPlan deep_plan(const Problem& problem, const DeepStart& start) {
  const std::int64_t factors = start.network.head.shape().factors, width = device_width(start.network.head.shape());
  const auto bounds = Minibatches::bounds(problem, start.samples, start.sides);
  std::int64_t tables = 0, sides = 0, all = 0, making = 0;
  for (std::size_t side = 0; side < bounds.size(); ++side) {
    const embrace::EmbeddingTable& table = start.sides[side].table;
    tables += EmbeddingTable::bytes(table);
    sides += DeepSide::bytes(table, bounds[side], width);
    if (side == Minibatches::contexts) continue;
    all += Activations::bytes(table.entities(), factors, width);
    making = std::max(
        making, Values::bytes(table.entities(), table.slices(), factors) + EmbeddingTable::represent_bytes(table));
  }
  const std::int64_t batch = bounds.front().reads;
  return MemoryPlan()
      .add("embeddings", tables)
      .add("network and activations", Network::bytes(start.network) + 16 * batch * DeviceMatrix::stride(width))
      .add("optimizer and batch", sides)
      .add("samples and lists", Minibatches::bytes(problem, start.samples, start.sides))
      .add("all users and movies", all + making);
}

}  // namespace embrace::gpu
