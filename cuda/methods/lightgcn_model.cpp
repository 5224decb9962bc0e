#include "cuda/methods/lightgcn_model.hpp"

#include <algorithm>
#include <cmath>

#include "cuda/learning/first_vectors.hpp"
#include "cuda/math/product.hpp"
#include "cuda/math/sums.hpp"
#include "host/hyper.hpp"

namespace embrace::gpu {
namespace {

constexpr std::int64_t group_samples = embrace::LightGcnModel::group_samples;

/// Places that nothing but ccl and softmax needs.
std::int64_t for_directions(const LightGcnShape& shape, std::int64_t size) { return shape.negatives > 0 ? size : 0; }

/// use(first, count, size): groups [first, first + count) of a batch, of `size` samples each. The last group may be
/// smaller than the others.
template <typename Use>
void for_equal_groups(std::int64_t samples, const Use& use) {
  const std::int64_t whole = samples / group_samples, rest = samples % group_samples;
  if (whole > 0) use(0, whole, group_samples);
  if (rest > 0) use(whole, 1, rest);
}

/// Rows of the samples of groups, from group `first` on.
template <typename T>
DeviceMatrices<T> of_samples(DeviceMatrixView<T> all, std::int64_t first, std::int64_t size) {
  return {{all.row(first * group_samples), size, all.columns, all.stride}, group_samples * all.stride};
}

/// Rows of the items that groups draw, from group `first` on; `begin` is the row of the first group's.
template <typename T>
DeviceMatrices<T> of_drawn(DeviceMatrixView<T> all, std::int64_t begin, std::int64_t first, std::int64_t negatives) {
  return {{all.row(begin + first * negatives), negatives, all.columns, all.stride}, negatives * all.stride};
}

/// Its first rows.
template <typename T>
DeviceMatrixView<T> top(DeviceMatrixView<T> all, std::int64_t rows) {
  return {all.data, rows, all.columns, all.stride};
}

}  // namespace

LightGcnShape::LightGcnShape(const Problem& problem, const embrace::Samples& samples)
    : users(problem.users()),
      items(problem.items()),
      factors(problem.hyper.integer("factors")),
      layers(problem.hyper.integer("layers")),
      negatives(embrace::Contrast(problem.hyper).of_directions()
                    ? std::min(problem.hyper.integer("negatives"), samples.trained_items())
                    : 0),
      trained(samples.trained_items()),
      batch(std::min(problem.hyper.integer("batch"), std::max<std::int64_t>(1, samples.size()))) {}

std::int64_t LightGcnShape::groups(std::int64_t size) const { return (size + group_samples - 1) / group_samples; }

std::int64_t LightGcnShape::parts(std::int64_t size) const {
  return negatives > 0 ? 2 * size + groups(size) * negatives : 3 * size;
}

std::int64_t LightGcnShape::loss_blocks(std::int64_t size) const {
  return negatives > 0 ? contrast_loss_blocks(size) : pair_loss_blocks(size, factors);
}

LightGcnModel::LightGcnModel(Device& device, const Problem& problem, const embrace::Samples& samples,
                             const embrace::Propagation& graph, const DeviceSamples& drawing)
    : shape_(problem, samples),
      loss_(problem.hyper),
      regularization_(problem.hyper["regularization"]),
      sampling_(problem.seed, Stream::sampling),
      drawing_(drawing),
      graph_(device, graph, shape_.layers, shape_.factors),
      table_(device, shape_.nodes(), shape_.factors),
      vectors_(device, shape_.nodes(), shape_.factors),
      vector_gradient_(device, shape_.nodes(), shape_.factors),
      gradient_(device, shape_.nodes(), shape_.factors),
      counts_(device, shape_.nodes()),
      parts_(device, shape_.parts(shape_.batch), shape_.factors),
      node_sums_(device, parts_.rows(), shape_.factors),
      directions_(device, for_directions(shape_, parts_.rows()), shape_.factors),
      lengths_(device, directions_.rows()),
      scores_(device, for_directions(shape_, shape_.batch), shape_.negatives),
      slopes_(device, scores_.rows()),
      place_(device, for_directions(shape_, shape_.groups(shape_.batch) * shape_.items)) {
  draw_factors(device, problem.seed, 0, graph_.adjacency().offsets, initial_deviation(problem.hyper), table_.view());
}

MemoryPlan LightGcnModel::plan(const Problem& problem, const embrace::Samples& samples,
                               const embrace::Propagation& graph) {
  const LightGcnShape shape(problem, samples);
  const std::int64_t parts = shape.parts(shape.batch), directions = for_directions(shape, parts);
  const std::int64_t compared = for_directions(shape, shape.batch);
  return MemoryPlan()
      .add("graph", Propagation::bytes(graph, shape.layers, shape.factors))
      .add("vectors and gradients", 4 * DeviceMatrix::bytes(shape.nodes(), shape.factors) + 4 * shape.nodes())
      .add("parts of a batch", DeviceMatrix::bytes(parts + directions, shape.factors) + 4 * directions +
                                   NodeSums::bytes(parts, shape.factors))
      .add("scores of a batch", DeviceMatrix::bytes(compared, shape.negatives) + 4 * compared +
                                    4 * for_directions(shape, shape.groups(shape.batch) * shape.items));
}

std::vector<Permutation> LightGcnModel::orders(std::int64_t first, std::int64_t count) const {
  std::vector<Permutation> orders;
  for (std::int64_t group = first; group < first + count; ++group) {
    orders.emplace_back(std::max<std::int64_t>(1, shape_.trained), sampling_, static_cast<std::uint32_t>(group));
  }
  return orders;
}

void LightGcnModel::differentiate(Device& device, const LightGcnBatch& batch, DeviceSpan<double> losses) {
  const std::int64_t n = batch.size, parts = shape_.parts(n);
  graph_.mean_of_layers(device, std::as_const(table_).view(), vectors_.view());
  const std::int64_t groups = for_directions(shape_, shape_.groups(n));
  const PartLists lists{.users = shape_.users,
                        .negatives = shape_.negatives,
                        .list = node_sums_.list(parts),
                        .place = {place_.span().data, groups, shape_.items, shape_.items}};
  list_parts(device, drawing_, batch, lists);
  if (loss_.of_directions()) {
    contrast_groups(device, batch, lists, losses);
  } else {
    compare_pairs(device, batch, std::as_const(vectors_).view(), shape_.users, losses, parts_.view());
  }
  node_sums_.sum(device, parts, std::as_const(parts_).view(), vector_gradient_.view(), counts_.span());
  graph_.mean_of_layers(device, std::as_const(vector_gradient_).view(), gradient_.view());
  if (regularization_ > 0) {
    add_penalties(device, regularization_ / static_cast<double>(n), counts_.span(), std::as_const(table_).view(),
                  gradient_.view());
  }
}

void LightGcnModel::contrast_groups(Device& device, const LightGcnBatch& batch, const PartLists& lists,
                                    DeviceSpan<double> losses) {
  const std::int64_t n = batch.size, begin = 2 * n, negatives = shape_.negatives;
  const DeviceMatrixView<float> parts = top(parts_.view(), lists.list.nodes.size);
  find_directions(device, std::as_const(vectors_).view(), lists.list.nodes, top(directions_.view(), parts.rows),
                  lengths_.span());
  const DeviceMatrixView<const float> directions = top(std::as_const(directions_).view(), parts.rows);
  for_equal_groups(n, [&](std::int64_t first, std::int64_t count, std::int64_t size) {
    multiply_each_transposed(device, count, of_samples(directions, first, size),
                             of_drawn(directions, begin, first, negatives), of_samples(scores_.view(), first, size));
  });
  contrast(device, drawing_,
           {.batch = batch,
            .loss = loss_,
            .directions = directions,
            .place = lists.place,
            .scores = top(scores_.view(), n),
            .slopes = slopes_.span(),
            .losses = losses});
  const DeviceMatrixView<const float> derivatives = std::as_const(scores_).view();
  for_equal_groups(n, [&](std::int64_t first, std::int64_t count, std::int64_t size) {
    const DeviceMatrices<const float> by_score = of_samples(derivatives, first, size);
    multiply_each(device, count, by_score, of_drawn(directions, begin, first, negatives),
                  of_samples(parts, first, size));
    multiply_each_by_transposed(device, count, by_score, of_samples(directions, first, size),
                                of_drawn(parts, begin, first, negatives));
  });
  finish_parts(device, n, slopes_.span(), directions, lengths_.span(), parts);
}

void LightGcnModel::represent(Device& device, DeviceMatrixView<float> users, DeviceMatrixView<float> items) {
  graph_.mean_of_layers(device, std::as_const(table_).view(), vectors_.view());
  const auto give = [&](std::int64_t first, DeviceMatrixView<float> to) {
    if (to.rows == 0) return;
    const DeviceMatrixView<const float> from{vectors_.view().row(first), to.rows, to.columns, to.stride};
    if (loss_.of_directions()) {
      find_directions(device, from, {}, to, {});
    } else {
      EMBRACE_CHECK(cudaMemcpyAsync(to.data, from.data, static_cast<std::size_t>(to.rows * to.stride) * sizeof(float),
                                    cudaMemcpyDeviceToDevice, device.stream()));
    }
  };
  give(0, users);
  give(shape_.users, items);
}

bool LightGcnModel::finite(Device& device) const {
  const DeviceMatrixView<const float> vectors = vectors_.view();
  return std::isfinite(sum_of_squares(device, {vectors.data, vectors.rows * vectors.stride}));
}

}  // namespace embrace::gpu
