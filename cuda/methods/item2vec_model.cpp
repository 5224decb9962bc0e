#include "cuda/methods/item2vec_model.hpp"

#include <algorithm>
#include <utility>

#include "cuda/learning/first_vectors.hpp"
#include "cuda/math/product.hpp"
#include "host/hyper.hpp"
#include "host/span.hpp"

namespace embrace::gpu {
namespace {

constexpr std::int64_t group_items = embrace::Item2VecModel::group_items;
constexpr std::int64_t drawn_items = Item2VecBatch::drawn_items;

/// Rows [first, first + rows) of a matrix.
template <typename T>
DeviceMatrixView<T> part(DeviceMatrixView<T> all, std::int64_t first, std::int64_t rows) {
  return {all.row(first), rows, all.columns, all.stride};
}

/// A matrix a group, of so many rows each.
template <typename T>
DeviceMatrices<T> each(DeviceMatrixView<T> all, std::int64_t rows) {
  return {part(all, 0, rows), rows * all.stride};
}

/// Of problems without ratings nothing is drawn.
std::int64_t rated_items(const Problem& problem) {
  std::int64_t rated = 0;
  for (std::int64_t i = 0; i < problem.by_item.rows; ++i) rated += problem.by_item.row_size(i) > 0 ? 1 : 0;
  return rated;
}

}  // namespace

// A run of baskets ends with the one that makes it long enough.
Item2VecShape::Item2VecShape(const Problem& problem)
    : items(problem.items()),
      factors(problem.hyper.integer("factors")),
      size(std::min(problem.ratings.entries(), problem.hyper.integer("batch") + problem.hyper.integer("window"))),
      groups(size / group_items + 1),
      room(std::min(size, group_items + problem.hyper.integer("window"))) {}

Item2VecCuts::Item2VecCuts(const embrace::Baskets& baskets, std::int64_t batch) {
  const Array<std::int64_t> batches = baskets.runs(0, baskets.size(), batch);
  for (std::int64_t b = 0; b + 1 < batches.size(); ++b) {
    const Array<std::int64_t> groups = baskets.runs(batches[b], batches[b + 1], group_items);
    for (std::int64_t g = 0; g + 1 < groups.size(); ++g) begins_.push_back(baskets.begins[groups[g]]);
    first_group_.push_back(begins_.size());
  }
  begins_.push_back(baskets.begins.back());
}

Item2VecBatch Item2VecCuts::batch(std::int64_t b, const BasketsView& baskets, DeviceSpan<const std::int64_t> begins,
                                  std::int64_t number) const {
  const std::int64_t first = first_group_[b], end = first_group_[b + 1];
  std::int64_t room = 0;
  for (std::int64_t g = first; g < end; ++g) room = std::max(room, begins_[g + 1] - begins_[g]);
  return {.baskets = baskets,
          .begins = begins.part(first, end - first + 1),
          .first = begins_[first],
          .size = begins_[end] - begins_[first],
          .room = room,
          .number = number + first};
}

Item2VecModel::Item2VecModel(Device& device, const Problem& problem)
    : shape_(problem),
      negatives_(problem.hyper["negatives"]),
      seed_(problem.seed),
      table_(device, 2 * shape_.items, shape_.factors),
      gradient_(device, 2 * shape_.items, shape_.factors),
      vectors_(device, shape_.rows(), shape_.factors),
      drawn_(device, shape_.drawn(), shape_.factors),
      scores_(device, shape_.rows(), drawn_items),
      parts_(device, shape_.parts(), shape_.factors),
      sums_(device, shape_.listed(), shape_.factors) {
  const NegativeItems negatives(problem);
  negative_items_ = {device, Span<const std::int32_t>(negatives.items())};
  up_to_ = {device, Span<const double>(negatives.up_to())};
  const DeviceBuffer<std::int64_t> offsets(device, Span<const std::int64_t>(problem.by_item.offsets, shape_.items + 1));
  draw_factors(device, problem.seed, 0, offsets.span(), embrace::Item2VecModel::first_deviation(shape_.factors),
               part(table_.view(), 0, shape_.items));
}

MemoryPlan Item2VecModel::plan(const Problem& problem) {
  const Item2VecShape shape(problem);
  return MemoryPlan()
      .add("vectors and gradient",
           4 * DeviceMatrix::bytes(shape.items, shape.factors) + 12 * rated_items(problem) + 8 * (shape.items + 1))
      .add("batch", DeviceMatrix::bytes(shape.rows() + shape.drawn() + shape.parts(), shape.factors) +
                        DeviceMatrix::bytes(shape.rows(), drawn_items) +
                        NodeSums::bytes(shape.listed(), shape.factors));
}

void Item2VecModel::differentiate(Device& device, const Item2VecBatch& batch, DeviceSpan<double> losses) {
  const std::int64_t groups = batch.groups(), rows = batch.rows(), listed = 2 * batch.size + batch.drawn();
  const PartList lists = sums_.list(listed);
  list_parts(device, batch, shape_.items, {negative_items_.span(), up_to_.span(), seed_}, lists);
  const Item2VecTable table{std::as_const(table_).view()};
  take_in(device, batch, table, lists.nodes, vectors_.view(), drawn_.view());

  const DeviceMatrixView<float> parts = part(parts_.view(), 0, 2 * rows + batch.drawn());
  const DeviceMatrixView<float> scores = part(scores_.view(), 0, rows);
  const auto vectors_of_groups = each(std::as_const(vectors_).view(), batch.room);
  const auto drawn_of_groups = each(std::as_const(drawn_).view(), drawn_items);
  multiply_each_transposed(device, groups, vectors_of_groups, drawn_of_groups, each(scores, batch.room));
  push_away(device, batch, negatives_, scores, losses);
  const auto derivatives = each(DeviceMatrixView<const float>(scores), batch.room);
  multiply_each(device, groups, derivatives, drawn_of_groups, each(parts, batch.room));
  multiply_each_by_transposed(device, groups, derivatives, vectors_of_groups,
                              each(part(parts, 2 * rows, batch.drawn()), drawn_items));
  pull_together(device, batch, table, parts, losses);
  sums_.sum(device, listed, parts, gradient_.view(), {});
}

}  // namespace embrace::gpu
