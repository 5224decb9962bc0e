// lightgcn on a device; the twin of host/methods/lightgcn.cpp, with the same samples, drawn items and formulas. The
// host only launches; nothing comes back before the end of an epoch.
#include <algorithm>
#include <cmath>
#include <utility>

#include "cuda/learning/embedding_trainer.hpp"
#include "cuda/math/sums.hpp"
#include "cuda/methods/lightgcn_model.hpp"
#include "cuda/trainers.hpp"
#include "host/error.hpp"

namespace embrace::gpu {
namespace {

/// What the host makes for a start.
struct HostModel {
  embrace::Samples samples;
  embrace::Propagation graph;
};

/// count(size), summed over the batches of an epoch.
template <typename Count>
std::int64_t over_batches(std::int64_t samples, std::int64_t batch, const Count& count) {
  const std::int64_t rest = samples % batch;
  return samples / batch * count(batch) + (rest > 0 ? count(rest) : 0);
}

MemoryPlan plan(const Problem& problem, const HostModel& host) {
  const LightGcnShape shape(problem, host.samples);
  const std::int64_t samples = host.samples.size();
  const std::int64_t groups = over_batches(samples, shape.batch, [&](std::int64_t n) { return shape.groups(n); });
  const std::int64_t blocks = over_batches(samples, shape.batch, [&](std::int64_t n) { return shape.loss_blocks(n); });
  return LightGcnModel::plan(problem, host.samples, host.graph)
      .add("moments", 2 * DeviceMatrix::bytes(shape.nodes(), shape.factors))
      .add("samples", DeviceSamples::bytes(problem) + 20 * shape.batch + 8 * blocks +
                          static_cast<std::int64_t>(sizeof(Permutation)) * groups)
      .add("vectors", embedding_bytes(problem, shape.factors));
}

class LightGcn final : public EmbeddingTrainer {
 public:
  LightGcn(DevicePtr shared, const Problem& problem, HostModel host)
      : EmbeddingTrainer(std::move(shared), problem, plan(problem, host)),
        samples_(std::move(host.samples)),
        drawing_(device(), problem, samples_),
        nodes_(device(), problem, samples_, host.graph, drawing_),
        learning_rate_(problem.hyper["learning_rate"]),
        first_moment_(device(), nodes_.shape().nodes(), nodes_.shape().factors),
        second_moment_(device(), nodes_.shape().nodes(), nodes_.shape().factors),
        user_(device(), nodes_.shape().batch),
        item_(device(), (samples_.pairwise() ? 2 : 1) * nodes_.shape().batch),
        entry_(device(), nodes_.shape().batch),
        target_(device(), nodes_.shape().batch) {
    const auto blocks = [&](std::int64_t n) { return nodes_.shape().loss_blocks(n); };
    losses_ = {device(), over_batches(samples_.size(), nodes_.shape().batch, blocks)};
    make_vectors(nodes_.shape().factors);
  }

  EpochResult epoch() override {
    const LightGcnShape& shape = nodes_.shape();
    const std::int64_t size = samples_.size();
    const DeviceBuffer<Permutation> orders = draw_orders();
    std::int64_t group = 0, block = 0;
    for (std::int64_t first = 0; first < size; first += shape.batch) {
      const std::int64_t here = std::min(shape.batch, size - first);
      drawing_.draw(device(), epochs_, first, here, shape.batch,
                    {user_.span(), item_.span(), entry_.span(), target_.span()});
      const std::int64_t groups = orders.size() > 0 ? shape.groups(here) : 0, blocks = shape.loss_blocks(here);
      nodes_.differentiate(device(),
                           {.size = here,
                            .users = user_.span().part(0, here),
                            .items = item_.span().part(0, samples_.pairwise() ? 2 * here : here),
                            .orders = orders.span().part(group, groups)},
                           losses_.span().part(block, blocks));
      step_table(device(), AdamStep(learning_rate_, 0, ++steps_), nodes_.gradient().view(), nodes_.table().view(),
                 first_moment_.view(), second_moment_.view());
      group += groups;
      block += blocks;
    }
    ++epochs_;
    groups_ += group;
    nodes_.represent(device(), model_.users.view(), model_.items.view());
    const double loss = sum(device(), std::as_const(losses_).span());  // waits for all of it
    if (!std::isfinite(loss) || !nodes_.finite(device())) {
      throw Diverged("the training loss is not finite; lower learning_rate");
    }
    return {loss / static_cast<double>(std::max<std::int64_t>(1, size)), size};
  }

 private:
  /// In which the groups of an epoch draw items.
  DeviceBuffer<Permutation> draw_orders() {
    const LightGcnShape& shape = nodes_.shape();
    if (shape.negatives == 0) return {};
    const std::int64_t groups =
        over_batches(samples_.size(), shape.batch, [&](std::int64_t n) { return shape.groups(n); });
    const std::vector<Permutation> orders = nodes_.orders(groups_, groups);
    return {device(), Span<const Permutation>(orders)};
  }

  embrace::Samples samples_;
  DeviceSamples drawing_;
  LightGcnModel nodes_;
  double learning_rate_;
  DeviceMatrix first_moment_, second_moment_;
  DeviceBuffer<std::int32_t> user_, item_, entry_;  // of a batch's samples
  DeviceBuffer<float> target_;                      // likewise
  DeviceBuffer<double> losses_;                     // of blocks of an epoch's samples
  std::int64_t steps_ = 0, groups_ = 0;             // so far
  std::uint32_t epochs_ = 0;
};

}  // namespace

std::unique_ptr<Trainer> make_lightgcn(DevicePtr device, const Problem& problem) {
  return std::make_unique<LightGcn>(
      std::move(device), problem,
      HostModel{embrace::LightGcnModel::samples(problem), embrace::Propagation(problem.ratings, problem.by_item)});
}

}  // namespace embrace::gpu
