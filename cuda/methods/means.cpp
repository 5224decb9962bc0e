// mean, user-mean, item-mean and popularity: one pass over the ratings each, see host/methods/<name>.cpp.
#include "cuda/methods/baselines.hpp"
#include "cuda/trainers.hpp"

namespace embrace::gpu {
namespace {

MemoryPlan plan(std::int64_t ratings, std::int64_t biases) {
  return MemoryPlan().add("ratings", ratings).add("biases", 4 * biases);
}

class Mean final : public EmbeddingTrainer {
 public:
  Mean(DevicePtr shared, const Problem& problem)
      : EmbeddingTrainer(std::move(shared), problem, plan(DeviceCsr::bytes(problem.ratings), 0)),
        ratings_(device(), problem.ratings) {}
  EpochResult epoch() override {
    model_.offset = static_cast<float>(global_mean(device(), ratings_));
    return {static_cast<double>(model_.offset), ratings_.view().entries()};
  }

 private:
  DeviceCsr ratings_;
};

class UserMean final : public EmbeddingTrainer {
 public:
  UserMean(DevicePtr shared, const Problem& problem)
      : EmbeddingTrainer(std::move(shared), problem, plan(PlannedRows::bytes(problem.ratings), problem.users())),
        rows_(device(), problem.ratings) {
    model_.user_bias = {device(), users_};
    model_.user_bias.clear();
  }
  EpochResult epoch() override {
    const double mean = global_mean(device(), rows_.matrix);
    solve_biases(device(), rows_, {.otherwise = mean}, {}, model_.user_bias.span());
    device().synchronize();
    return {mean, rows_.matrix.view().entries()};
  }
  void fold_in(CsrView ratings) override {
    solve_biases(device(), PlannedRows(device(), ratings), {}, {}, model_.user_bias.span());
  }

 private:
  PlannedRows rows_;
};

class ItemMean final : public EmbeddingTrainer {
 public:
  ItemMean(DevicePtr shared, const Problem& problem)
      : EmbeddingTrainer(std::move(shared), problem, plan(PlannedRows::bytes(problem.by_item), problem.items())),
        rows_(device(), problem.by_item) {
    model_.item_bias = {device(), items_};
    model_.item_bias.clear();
  }
  EpochResult epoch() override {
    const double mean = global_mean(device(), rows_.matrix);
    solve_biases(device(), rows_, {.otherwise = mean}, {}, model_.item_bias.span());
    device().synchronize();
    return {mean, rows_.matrix.view().entries()};
  }

 private:
  PlannedRows rows_;
};

class Popularity final : public EmbeddingTrainer {
 public:
  Popularity(DevicePtr shared, const Problem& problem)
      : EmbeddingTrainer(std::move(shared), problem, plan(DeviceCsr::bytes(problem.by_item), problem.items())),
        by_item_(device(), problem.by_item) {
    model_.item_bias = {device(), items_};
    model_.item_bias.clear();
  }
  EpochResult epoch() override {
    count_rows(device(), by_item_, model_.item_bias.span());
    device().synchronize();
    return {0.0, by_item_.view().entries()};
  }

 private:
  DeviceCsr by_item_;
};

}  // namespace

std::unique_ptr<Trainer> make_mean(DevicePtr device, const Problem& problem) {
  return std::make_unique<Mean>(std::move(device), problem);
}
std::unique_ptr<Trainer> make_user_mean(DevicePtr device, const Problem& problem) {
  return std::make_unique<UserMean>(std::move(device), problem);
}
std::unique_ptr<Trainer> make_item_mean(DevicePtr device, const Problem& problem) {
  return std::make_unique<ItemMean>(std::move(device), problem);
}
std::unique_ptr<Trainer> make_popularity(DevicePtr device, const Problem& problem) {
  return std::make_unique<Popularity>(std::move(device), problem);
}

}  // namespace embrace::gpu
