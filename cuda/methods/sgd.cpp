// sgd: the twin of host/methods/sgd.cpp: same updates, learning rate, regularization, biases and initial factors. The
// order of updates is another, made for thousands of warps: cuda/methods/sgd_schedule.hpp. Deterministic.
#include <algorithm>
#include <cmath>

#include "cuda/learning/embedding_trainer.hpp"
#include "cuda/learning/first_vectors.hpp"
#include "cuda/methods/sgd_epoch.hpp"
#include "cuda/trainers.hpp"
#include "host/error.hpp"
#include "host/math/aggregate.hpp"

namespace embrace::gpu {
namespace {

std::int64_t groups(const Problem& problem) {
  return sgd_groups(problem.users(), problem.items(), problem.ratings.entries());
}

MemoryPlan plan(const Problem& problem) {
  const std::int64_t rows = problem.users() + problem.items();
  return MemoryPlan()
      .add("ratings", DeviceSgd::bytes(groups(problem), problem.ratings.entries()))
      .add("factors", embedding_bytes(problem, problem.hyper.integer("factors")))
      .add("regularization", rows * static_cast<std::int64_t>(sizeof(SgdDecay)))
      .add("sizes of rows", 8 * (rows + 2));  // only while the trainer is made
}

class Sgd final : public EmbeddingTrainer {
 public:
  Sgd(DevicePtr shared, const Problem& problem)
      : EmbeddingTrainer(std::move(shared), problem, plan(problem)),
        epochs_(problem.hyper.integer("epochs")),
        learning_rate_(problem.hyper["learning_rate"]),
        seed_(problem.seed),
        ratings_(problem.ratings.entries()),
        mean_(embrace::aggregate_ratings(problem.ratings, problem.threads).mean),
        sgd_(device(), make_sgd_schedule(problem.ratings, problem.by_item, mean_, Random(seed_, Stream::sampling),
                                         groups(problem))),
        user_decay_(device(), users_),
        item_decay_(device(), items_) {
    make_vectors(problem.hyper.integer("factors"));
    make_biases();
    model_.offset = static_cast<float>(mean_);
    begin(problem.hyper, problem.ratings, 0, model_.users.view(), user_decay_.span());
    begin(problem.hyper, problem.by_item, users_, model_.items.view(), item_decay_.span());
  }

  EpochResult epoch() override {
    const double done = static_cast<double>(done_) / static_cast<double>(epochs_);
    const auto rate = static_cast<float>(learning_rate_ * std::max(0.05, 1.0 - done));
    const SgdResult result =
        descend(device(), sgd_, {model_.users.view(), model_.user_bias.span(), user_decay_.span()},
                {model_.items.view(), model_.item_bias.span(), item_decay_.span()}, {seed_, done_, rate});
    ++done_;
    if (!std::isfinite(result.squares) || result.unbounded != 0) {
      throw Diverged("factors grow without bound; lower the learning rate");
    }
    return {result.squares / static_cast<double>(std::max<std::int64_t>(1, ratings_)), ratings_};
  }

 private:
  void begin(const Hyper& hyper, CsrView rows, std::int64_t first_row, DeviceMatrixView<float> factors,
             DeviceSpan<SgdDecay> decay) {
    const DeviceBuffer<std::int64_t> offsets(device(), Span<const std::int64_t>(rows.offsets, rows.rows + 1));
    draw_factors(device(), seed_, first_row, offsets.span(), initial_deviation(hyper), factors);
    set_sgd_decay(device(), offsets.span(), hyper["regularization"], hyper["nu"], hyper["bias_regularization"], decay);
  }

  std::int64_t epochs_;
  double learning_rate_;
  std::uint64_t seed_;
  std::int64_t ratings_;
  double mean_;
  DeviceSgd sgd_;
  DeviceBuffer<SgdDecay> user_decay_;
  DeviceBuffer<SgdDecay> item_decay_;
  std::uint32_t done_ = 0;
};

}  // namespace

std::unique_ptr<Trainer> make_sgd(DevicePtr device, const Problem& problem) {
  return std::make_unique<Sgd>(std::move(device), problem);
}

}  // namespace embrace::gpu
