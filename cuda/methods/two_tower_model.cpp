#include "cuda/methods/two_tower_model.hpp"

#include <algorithm>
#include <utility>

#include "cuda/device/phase.hpp"
#include "cuda/math/product.hpp"
#include "cuda/math/spmm.hpp"
#include "host/hyper.hpp"

namespace embrace::gpu {
namespace {

/// use(size): of a full batch, and of the smaller one at the end of an epoch, if there is one.
template <typename Use>
void for_sizes(const TwoTowerShape& shape, const Use& use) {
  use(std::min(shape.batch, shape.epoch));
  if (shape.epoch % shape.batch > 0) use(shape.epoch % shape.batch);
}

std::int64_t score_numbers(const PairGroups& groups) { return groups.rows() * DeviceMatrix::stride(groups.places); }

/// The owners of the start; a user's gradient comes to each of h + 1 items as its 1 / h.
Csr weighted_owners(const embrace::TwoTowerStart& start) {
  Csr owners = start.owners;
  const CsrView histories = start.histories.view();
  for (std::int64_t e = 0; e < owners.entries(); ++e) {
    const std::int64_t others = histories.row_size(owners.indices[e]) - 1;
    owners.values[e] = others > 0 ? 1 / static_cast<float>(others) : 0;
  }
  return owners;
}

/// Rows [first, first + count).
template <typename T>
DeviceMatrixView<T> rows_of(DeviceMatrixView<T> all, std::int64_t first, std::int64_t count) {
  return {all.row(first), count, all.columns, all.stride};
}

/// The rows of each group, of which the first begins at row `first`.
template <typename T>
DeviceMatrices<T> of_groups(DeviceMatrixView<T> all, const PairGroups& groups, std::int64_t first) {
  return {rows_of(all, first, groups.places), groups.places * all.stride};
}

/// Bytes of a sparse matrix with its plan.
std::int64_t planned_bytes(CsrView matrix) { return DeviceCsr::bytes(matrix) + RowPlan::bytes(matrix); }

}  // namespace

TwoTowerShape::TwoTowerShape(const Problem& problem, std::int64_t pairs)
    : users(problem.users()),
      items(problem.items()),
      factors(problem.hyper.integer("factors")),
      most(problem.hyper.integer("negatives") + 1),
      batch(std::min(problem.hyper.integer("batch"), std::max<std::int64_t>(1, pairs))),
      epoch(pairs) {}

std::int64_t TwoTowerShape::loss_blocks() const {
  const std::int64_t rest = epoch % batch;
  return epoch / batch * pair_blocks(groups(batch)) + (rest > 0 ? pair_blocks(groups(rest)) : 0);
}

std::int64_t TwoTowerShape::rows() const {
  std::int64_t most_rows = 0;
  for_sizes(*this, [&](std::int64_t size) { most_rows = std::max(most_rows, groups(size).rows()); });
  return most_rows;
}

std::int64_t TwoTowerShape::scores() const {
  std::int64_t most_numbers = 0;
  for_sizes(*this, [&](std::int64_t size) { most_numbers = std::max(most_numbers, score_numbers(groups(size))); });
  return most_numbers;
}

TwoTowerModel::TwoTowerModel(Device& device, const Problem& problem, const embrace::TwoTowerStart& start,
                             std::int64_t pairs)
    : shape_(problem, pairs),
      temperature_(static_cast<float>(problem.hyper["temperature"])),
      histories_(device, start.histories.view()),
      history_plan_(device, start.histories.view()),
      owners_(device, weighted_owners(start).view()),
      owner_plan_(device, start.owners.view()),
      log_share_(device, start.log_share),
      users_(device, start.users),
      items_(device, start.items),
      sums_(device, shape_.users, shape_.factors),
      node_gradient_(device, shape_.users + shape_.items, shape_.factors),
      item_gradient_(device, shape_.items, shape_.factors),
      node_sums_(device, 2 * shape_.batch, shape_.factors),
      directions_(device, 2 * shape_.rows(), shape_.factors),
      parts_(device, 2 * shape_.rows(), shape_.factors),
      lengths_(device, 2 * shape_.rows()),
      corrections_(device, shape_.rows()),
      place_(device, shape_.groups(shape_.batch).count * shape_.items),
      next_(device, shape_.rows()),
      scores_(device, shape_.scores()) {}

MemoryPlan TwoTowerModel::plan(const Problem& problem, const embrace::TwoTowerStart& start, std::int64_t pairs) {
  const TwoTowerShape shape(problem, pairs);
  const CsrView histories = start.histories.view(), owners = start.owners.view();
  const std::int64_t groups = shape.groups(shape.batch).count;
  return MemoryPlan()
      .add("histories",
           planned_bytes(histories) + planned_bytes(owners) +
               std::max(multiply_sparse_bytes(histories, shape.factors), multiply_sparse_bytes(owners, shape.factors)))
      .add("tables", TowerTable::bytes(start.users) + TowerTable::bytes(start.items))
      .add("sums and gradients", DeviceMatrix::bytes(2 * (shape.users + shape.items), shape.factors) + 4 * shape.items)
      .add("batch", NodeSums::bytes(2 * shape.batch, shape.factors) +
                        DeviceMatrix::bytes(4 * shape.rows(), shape.factors) + 16 * shape.rows() +
                        4 * groups * shape.items + 4 * shape.scores());
}

TowerBatch TwoTowerModel::batch_of(const PairBatch& pairs) {
  const PairGroups groups = shape_.groups(pairs.users.size);
  return {.groups = groups,
          .users = pairs.users,
          .items = pairs.items,
          .user_vectors = users_.vectors(),
          .item_vectors = items_.vectors(),
          .sums = sums_.view(),
          .histories = histories_.view(),
          .log_share = log_share_.span(),
          .temperature = temperature_,
          .directions = directions_.view(),
          .lengths = lengths_.span(),
          .corrections = corrections_.span(),
          .place = {place_.span().data, groups.count, shape_.items, shape_.items},
          .next = next_.span(),
          .scores = {scores_.span().data, groups.rows(), groups.places, DeviceMatrix::stride(groups.places)},
          .parts = parts_.view()};
}

void TwoTowerModel::differentiate(Device& device, const PairBatch& pairs, DeviceSpan<double> losses) {
  users_.represent(device);
  items_.represent(device);
  sum_histories(device);
  const TowerBatch batch = batch_of(pairs);
  const std::int64_t count = 2 * batch.groups.pairs;
  take_in_pairs(device, batch, node_sums_.list(count));
  multiply_groups(device, batch, losses);
  finish_pairs(device, batch);
  node_sums_.sum(device, count, batch.parts, node_gradient_.view(), {});
  const DeviceMatrixView<const float> all = std::as_const(node_gradient_).view();
  const DeviceMatrixView<const float> by_user = rows_of(all, 0, shape_.users);
  multiply_sparse(device,
                  {.matrix = owners_.view(),
                   .plan = owner_plan_.view(),
                   .x = by_user,
                   .addend = rows_of(all, shape_.users, shape_.items)},
                  item_gradient_.view());
  users_.pass_back(device, by_user);
  items_.pass_back(device, std::as_const(item_gradient_).view());
}

/// Scores from directions, their derivatives, and the parts of the directions.
void TwoTowerModel::multiply_groups(Device& device, const TowerBatch& batch, DeviceSpan<double> losses) {
  const PairGroups& groups = batch.groups;
  const DeviceMatrixView<const float> directions = batch.directions;
  const auto users = of_groups(directions, groups, 0), items = of_groups(directions, groups, groups.rows());
  const auto scores = of_groups(batch.scores, groups, 0);
  multiply_each_transposed(device, groups.count, users, items, scores);
  learn_pairs(device, batch, losses);
  const DeviceMatrices<const float> derivatives{scores.first, scores.step};
  multiply_each(device, groups.count, derivatives, items, of_groups(batch.parts, groups, 0));
  multiply_each_by_transposed(device, groups.count, derivatives, users, of_groups(batch.parts, groups, groups.rows()));
}

void TwoTowerModel::step(Device& device, double rate) {
  users_.step(device, rate);
  items_.step(device, rate);
}

void TwoTowerModel::sum_histories(Device& device) {
  EMBRACE_PHASE("sums of histories");
  multiply_sparse(device, {.matrix = histories_.view(), .plan = history_plan_.view(), .x = items_.vectors()},
                  sums_.view());
}

void TwoTowerModel::represent(Device& device, DeviceMatrixView<float> users, DeviceMatrixView<float> items) {
  users_.represent(device);
  items_.represent(device);
  sum_histories(device);
  represent_entities(
      device, {.vectors = users_.vectors(), .sums = std::as_const(sums_).view(), .offsets = histories_.view().offsets},
      users);
  represent_entities(device, {.vectors = items_.vectors()}, items);
}

void TwoTowerModel::represent_users(Device& device, CsrView histories, DeviceMatrixView<float> users) {
  const DeviceCsr known(device, histories);
  const RowPlan plan(device, histories);
  multiply_sparse(device, {.matrix = known.view(), .plan = plan.view(), .x = items_.vectors()}, sums_.view());
  represent_entities(
      device,
      {.vectors = users_.vectors(), .sums = std::as_const(sums_).view(), .offsets = known.view().offsets, .all = false},
      users);
}

}  // namespace embrace::gpu
