// mean, user-mean, item-mean and popularity: one aggregation of the ratings each, see host/methods/<name>.cpp.
#include "cuda/math/aggregate.hpp"
#include "cuda/math/sums.hpp"
#include "cuda/methods/baselines.hpp"
#include "cuda/trainers.hpp"

namespace embrace::gpu {
namespace {

MemoryPlan plan(const Problem& problem) {
  return MemoryPlan()
      .add("ratings", DeviceCsr::bytes(problem.ratings))
      .add("biases", 4 * (problem.users() + problem.items()))
      .add("sums", aggregate_bytes(problem.ratings));
}

/// A trainer whose biases follow from the aggregates.
class AggregateTrainer : public EmbeddingTrainer {
 public:
  AggregateTrainer(DevicePtr shared, const Problem& problem)
      : EmbeddingTrainer(std::move(shared), problem, plan(problem)), ratings_(device(), problem.ratings) {}

  EpochResult epoch() final {
    const DeviceAggregates sums = aggregate_ratings(device(), ratings_.view());
    const std::int64_t ratings = ratings_.view().entries();
    const double total = sum(device(), sums.sum.span().part(0, users_));
    const double mean = ratings == 0 ? 0.0 : total / static_cast<double>(ratings);
    learn(sums, mean);
    device().synchronize();
    return {mean, ratings};
  }

 private:
  /// Makes the model; `mean` is that of all ratings.
  virtual void learn(const DeviceAggregates& sums, double mean) = 0;

  DeviceCsr ratings_;
};

class Mean final : public AggregateTrainer {
 public:
  using AggregateTrainer::AggregateTrainer;

 private:
  void learn(const DeviceAggregates&, double mean) override { model_.offset = static_cast<float>(mean); }
};

class UserMean final : public AggregateTrainer {
 public:
  UserMean(DevicePtr shared, const Problem& problem) : AggregateTrainer(std::move(shared), problem) {
    model_.user_bias = {device(), users_};
    model_.user_bias.clear();
  }
  void fold_in(CsrView ratings) override {
    solve_biases(device(), PlannedRows(device(), ratings), {}, {}, model_.user_bias.span());
  }

 private:
  void learn(const DeviceAggregates& sums, double mean) override {
    find_means(device(), sums.count.span().part(0, users_), sums.sum.span().part(0, users_), mean,
               model_.user_bias.span());
  }
};

class ItemMean final : public AggregateTrainer {
 public:
  ItemMean(DevicePtr shared, const Problem& problem) : AggregateTrainer(std::move(shared), problem) {
    model_.item_bias = {device(), items_};
    model_.item_bias.clear();
  }

 private:
  void learn(const DeviceAggregates& sums, double mean) override {
    find_means(device(), sums.count.span().part(users_, items_), sums.sum.span().part(users_, items_), mean,
               model_.item_bias.span());
  }
};

class Popularity final : public AggregateTrainer {
 public:
  Popularity(DevicePtr shared, const Problem& problem) : AggregateTrainer(std::move(shared), problem) {
    model_.item_bias = {device(), items_};
    model_.item_bias.clear();
  }

 private:
  void learn(const DeviceAggregates& sums, double) override {
    copy_counts(device(), sums.count.span().part(users_, items_), model_.item_bias.span());
  }
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
