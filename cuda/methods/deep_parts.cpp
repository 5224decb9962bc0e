#include "cuda/methods/deep_parts.hpp"

#include <algorithm>
#include <cmath>

#include "cuda/math/product.hpp"

namespace embrace::gpu {

DeepStart::DeepStart(const Problem& problem)
    : samples(problem, embrace::Samples::Negatives::pointwise, negatives),
      network{{},
              {},
              embrace::DeepHead(problem.hyper.integer("factors"), problem.hyper.integer("hidden"),
                                problem.hyper["dropout"], Random(problem.seed, Stream::initial)),
              problem.hyper.integer("factors")} {
  add(problem, true, problem.user_features, embrace::row_sizes(problem.ratings.view()));
  add(problem, true, problem.item_features, embrace::row_sizes(problem.by_item.view()));
  if (problem.context != nullptr) {
    add(problem, false, problem.context,
        std::vector<std::int64_t>(static_cast<std::size_t>(problem.ratings.entries()), 1));
  }
}

void DeepStart::add(const Problem& problem, bool identity, const Features* features,
                    const std::vector<std::int64_t>& counts) {
  const auto stream = static_cast<std::uint32_t>(tables.size());
  const std::int64_t factors = network.factors;
  tables.emplace_back(static_cast<std::int64_t>(counts.size()), identity, features, counts,
                      embrace::EmbeddingTable::Slices::by_field, factors, initial_deviation(problem.hyper),
                      problem.seed, stream);
  const embrace::EmbeddingTable& table = tables.back();
  const std::int64_t inputs = table.slices() * factors;
  embrace::DenseParameter first(inputs, problem.hyper.integer("hidden"));
  first.randomize(std::sqrt(2.0 / static_cast<double>(std::max<std::int64_t>(1, inputs))),
                  Random(problem.seed, Stream::initial), 8 + stream);
  network.first.push_back(std::move(first.value));
  network.slices.push_back(table.slices());
  shrinkage.emplace_back();
  for (const float decay : table.penalties(counts, problem.hyper["regularization"], problem.hyper["nu"])) {
    shrinkage.back().push_back(embrace::AdamStep(problem.hyper["learning_rate"], static_cast<double>(decay), 1).shrink);
  }
}

HostTables DeepStart::views() const {
  HostTables out;
  for (const embrace::EmbeddingTable& table : tables) out.push_back(&table);
  return out;
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

DeepSide::DeepSide(Device& device, const embrace::EmbeddingTable& table, const std::vector<float>& row_shrinkage,
                   const Slots::Bounds& bounds, std::int64_t hidden_units)
    : values(device, bounds.slots, table.slices(), table.factors()),
      active(device, bounds.slots, table.factors(), hidden_units),
      gradients(device, bounds.slots, table.slices(), table.factors()),
      common(device, bounds.slots, table.factors(), hidden_units),
      m(device, table.rows(), 1, table.factors()),
      v(device, table.rows(), 1, table.factors()),
      steps(device, table.rows() * DeviceMatrix::stride(table.factors()) / 4),
      shrinkage(device, row_shrinkage),
      partials(device, deep_partials(bounds, table.factors(), hidden_units)) {
  clear(device, {&m, &v});
  steps.clear();
}

std::int64_t DeepSide::bytes(const embrace::EmbeddingTable& table, const Slots::Bounds& bounds,
                             std::int64_t hidden_units) {
  return 2 * Values::bytes(bounds.slots, table.slices(), table.factors()) +
         2 * Activations::bytes(bounds.slots, table.factors(), hidden_units) +
         2 * Values::bytes(table.rows(), 1, table.factors()) +
         table.rows() * (DeviceMatrix::stride(table.factors()) + 4) +
         static_cast<std::int64_t>(sizeof(Sum)) * deep_partials(bounds, table.factors(), hidden_units);
}

MemoryPlan deep_plan(const Problem& problem, const DeepStart& start) {
  const std::int64_t factors = start.network.factors, width = start.network.head.hidden();
  const auto bounds = Minibatches::bounds(problem, start.samples, start.views());
  std::int64_t tables = 0, sides = 0, all = 0, making = 0;
  for (std::size_t side = 0; side < start.tables.size(); ++side) {
    const embrace::EmbeddingTable& table = start.tables[side];
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
      .add("samples and lists", Minibatches::bytes(problem, start.samples, start.views()))
      .add("all users and movies", all + making);
}

}  // namespace embrace::gpu
