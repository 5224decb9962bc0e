// puresvd on a device; the twin of host/methods/puresvd.cpp: the same singular vectors from the same start. A user's
// vector is a sum over those of its items, in an order that depends on how many they are: after folding in, users that
// nobody spoke of have the same bits as before.
#include <algorithm>

#include "cuda/learning/embedding_trainer.hpp"
#include "cuda/math/randomized_svd.hpp"
#include "cuda/math/spmm.hpp"
#include "cuda/methods/baselines.hpp"
#include "cuda/trainers.hpp"
#include "host/array.hpp"
#include "host/learning/history.hpp"

namespace embrace::gpu {
namespace {

SvdSettings settings_of(const Problem& problem) {
  return {.rank = problem.hyper.integer("factors"), .seed = problem.seed};
}

/// The matrix with ones for values.
PlannedRows with_ones(Device& device, CsrView matrix) {
  const Array<float> ones(matrix.entries(), 1.0F);
  return {device, {matrix.offsets, matrix.indices, ones.data(), matrix.rows, matrix.columns}};
}

PlannedMatrix planned(const PlannedRows& rows) { return {rows.matrix.view(), rows.plan.view()}; }

MemoryPlan plan(const Problem& problem) {
  const std::int64_t factors = problem.hyper.integer("factors");
  return MemoryPlan()
      .add("ratings by user", PlannedRows::bytes(problem.ratings))
      .add("ratings by item", PlannedRows::bytes(problem.by_item))
      .add("model", embedding_bytes(problem, factors))
      .add("subspace", randomized_svd_bytes(problem.ratings, problem.by_item, settings_of(problem)));
}

class PureSvd final : public EmbeddingTrainer {
 public:
  PureSvd(DevicePtr shared, const Problem& problem)
      : EmbeddingTrainer(std::move(shared), problem, plan(problem)),
        settings_(settings_of(problem)),
        history_(problem.ratings),
        by_user_(with_ones(device(), problem.ratings)),
        by_item_(with_ones(device(), problem.by_item)) {
    make_vectors(settings_.rank);
  }

  EpochResult epoch() override {
    RightSvd svd = randomized_svd(device(), planned(by_user_), planned(by_item_), settings_, threads_);
    model_.items = std::move(svd.right);
    sum_items(by_user_);
    device().synchronize();
    double explained = 0;
    for (const float value : svd.values) explained += static_cast<double>(value) * static_cast<double>(value);
    const std::int64_t entries = by_user_.matrix.view().entries();
    return {entries > 0 ? 1 - explained / static_cast<double>(entries) : 0, entries};
  }

  void fold_in(CsrView ratings) override {
    history_.fold_in(ratings);
    sum_items(with_ones(device(), history_.view()));
  }

 private:
  void sum_items(const PlannedRows& users) {
    multiply_sparse(device(),
                    {.matrix = users.matrix.view(), .plan = users.plan.view(), .x = std::as_const(model_.items).view()},
                    model_.users.view());
  }

  SvdSettings settings_;
  History history_;
  PlannedRows by_user_, by_item_;  // of the training part
};

}  // namespace

std::unique_ptr<Trainer> make_puresvd(DevicePtr device, const Problem& problem) {
  return std::make_unique<PureSvd>(std::move(device), problem);
}

}  // namespace embrace::gpu
