// item-knn on a device; the twin of host/methods/item_knn.cpp. Neighbours are turned round, so that what a user has
// leads to those that ask it: the row of a user in the product of what users have with them.
#include <utility>

#include "cuda/math/sparse.hpp"
#include "cuda/methods/knn_trainer.hpp"
#include "cuda/trainers.hpp"
#include "host/learning/history.hpp"

namespace embrace::gpu {
namespace {

class ItemKnn final : public NeighborTrainer {
 public:
  ItemKnn(DevicePtr shared, const Problem& problem, const MemoryPlan& plan)
      : NeighborTrainer(std::move(shared), problem, plan),
        order_(longest_first(device(), problem.by_item)),
        history_(problem.ratings) {}

  static MemoryPlan plan(const Device& device, const Problem& problem) {
    const NeighborSettings settings = settings_of(problem);
    const std::int64_t items = problem.items(), entries = items * most_neighbors(items, settings),
                       neighbors = neighbors_bytes(items, items, settings);
    MemoryPlan plan = ratings_plan(problem);
    const std::int64_t turning =
        plan.bytes() + 4 * items + 2 * neighbors + 4 * entries + csr_from_triples_bytes(items, entries);
    return plan.add("neighbors", neighbors)
        .add("similarities", nearest_rows_bytes(device, items, items, settings) + 4 * items)
        .at_least("neighbors, while they are turned round", turning);
  }

  EpochResult epoch() override {
    const DeviceCsr neighbors = nearest_rows(
        device(), {.rows = by_item(), .order = order_.span(), .others = by_item(), .by_column = by_user()}, settings_);
    neighbor_of_ = transposed(device(), neighbors.view());
    return result_of(neighbors);
  }

 private:
  SparseFactors sums() const override { return {history(), neighbor_of_.view()}; }
  SparseFactors weights() const override { return {without_values(history()), neighbor_of_.view()}; }

  void know(CsrView ratings) override {
    history_.fold_in(ratings);
    folded_ = values_of(history_.view());
  }

  DeviceCsrView history() const { return folded_ ? folded_->view() : by_user(); }

  DeviceBuffer<std::int32_t> order_;  // of items
  DeviceCsr neighbor_of_;             // row j: the items i that have j among their neighbours, with s(i, j)
  History history_;                   // with ratings
  std::optional<DeviceCsr> folded_;   // the same with x, once something was folded in
};

}  // namespace

std::unique_ptr<Trainer> make_item_knn(DevicePtr device, const Problem& problem) {
  const MemoryPlan plan = ItemKnn::plan(*device, problem);
  return std::make_unique<ItemKnn>(std::move(device), problem, plan);
}

}  // namespace embrace::gpu
