// two-tower on a device; the twin of host/methods/two_tower.cpp, with the same tables, batches, groups and formulas.
// The host only launches; nothing comes back before the end of an epoch. Cost: a batch is some 30 launches, and the
// host waits for none. Sums of histories, and their way back, read 4 k bytes for each rating and factors k, twice; the
// products of groups are cuda/methods/two_tower_kernels.cu's; Adam moves 28 bytes for each number of both tables,
// whatever the batch.
#include <algorithm>
#include <cmath>
#include <utility>

#include "cuda/learning/embedding_trainer.hpp"
#include "cuda/learning/samples.hpp"
#include "cuda/math/sums.hpp"
#include "cuda/methods/two_tower_model.hpp"
#include "cuda/trainers.hpp"
#include "host/error.hpp"
#include "host/learning/history.hpp"

namespace embrace::gpu {
namespace {

/// What the host makes for a start.
struct HostStart {
  explicit HostStart(const Problem& problem)
      : samples(problem, embrace::Samples::Negatives::pointwise, 0), model(problem) {}
  embrace::Samples samples;
  embrace::TwoTowerStart model;
};

MemoryPlan plan(const Problem& problem, const HostStart& host) {
  const TwoTowerShape shape(problem, host.samples.size());
  return TwoTowerModel::plan(problem, host.model, host.samples.size())
      .add("samples", DeviceSamples::bytes(problem) + 16 * shape.batch + 8 * shape.loss_blocks())
      .add("vectors", embedding_bytes(problem, shape.factors));
}

class TwoTower final : public EmbeddingTrainer {
 public:
  TwoTower(DevicePtr shared, const Problem& problem, HostStart host)
      : EmbeddingTrainer(std::move(shared), problem, plan(problem, host), "lower batch, negatives or factors"),
        samples_(std::move(host.samples)),
        drawing_(device(), problem, samples_),
        towers_(device(), problem, host.model, samples_.size()),
        learning_rate_(problem.hyper["learning_rate"]),
        user_(device(), towers_.shape().batch),
        item_(device(), towers_.shape().batch),
        entry_(device(), towers_.shape().batch),
        target_(device(), towers_.shape().batch),
        losses_(device(), towers_.shape().loss_blocks()) {
    make_vectors(towers_.shape().factors);
  }

  EpochResult epoch() override {
    const std::int64_t size = samples_.size(), batch = towers_.shape().batch;
    std::int64_t block = 0;
    for (std::int64_t first = 0; first < size; first += batch) {
      const std::int64_t here = std::min(batch, size - first), blocks = pair_blocks(towers_.shape().groups(here));
      drawing_.draw(device(), epochs_, first, here, batch, {user_.span(), item_.span(), entry_.span(), target_.span()});
      towers_.differentiate(device(), {user_.span().part(0, here), item_.span().part(0, here)},
                            losses_.span().part(block, blocks));
      towers_.step(device(), learning_rate_);
      block += blocks;
    }
    ++epochs_;
    towers_.represent(device(), model_.users.view(), model_.items.view());
    const double loss = sum(device(), std::as_const(losses_).span());  // waits for all of it
    if (!std::isfinite(loss) || !towers_.finite(device())) {
      throw Diverged("the training loss is not finite; lower learning_rate");
    }
    return {loss / static_cast<double>(std::max<std::int64_t>(1, size)), size};
  }

  void fold_in(CsrView ratings) override {
    towers_.represent_users(device(), distinct_entries(ratings).view(), model_.users.view());
  }

 private:
  embrace::Samples samples_;
  DeviceSamples drawing_;
  TwoTowerModel towers_;
  double learning_rate_;
  DeviceBuffer<std::int32_t> user_, item_, entry_;  // of a batch's pairs
  DeviceBuffer<float> target_;                      // likewise
  DeviceBuffer<double> losses_;                     // of blocks of an epoch's pairs
  std::uint32_t epochs_ = 0;                        // so far
};

}  // namespace

std::unique_ptr<Trainer> make_two_tower(DevicePtr device, const Problem& problem) {
  return std::make_unique<TwoTower>(std::move(device), problem, HostStart(problem));
}

}  // namespace embrace::gpu
