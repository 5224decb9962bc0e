// What neighbours say, of rows and of pairs: products of two sparse matrices (cuda/math/row_products.hpp), which of
// rankings are the scores. Ratings: two products, Σ s x and Σ s, of which a last kernel makes a rating, a thread each:
// 12 bytes read and 4 written. Biases are those of `bias`, and x is made a warp a row: 12 bytes read and 4 written an
// entry, once.
#include <algorithm>
#include <utility>

#include "cuda/device/phase.hpp"
#include "cuda/math/reduce.cuh"
#include "cuda/math/sums.hpp"
#include "cuda/methods/baselines.hpp"
#include "cuda/methods/knn_trainer.hpp"
#include "host/learning/biases.hpp"

namespace embrace::gpu {
namespace {

constexpr int threads = 256;

struct Baseline {
  explicit Baseline(const DeviceBiases& biases)
      : mean(static_cast<float>(biases.mean)), users(biases.users.span()), items(biases.items.span()) {}
  __device__ float of(std::int64_t user, std::int64_t item) const { return mean + users[user] + items[item]; }
  float mean;
  DeviceSpan<const float> users, items;
};

/// With the mean of what neighbours say added to it, which is drawn to 0.
struct Mixture {
  Baseline baseline;
  float damping;
  __device__ float operator()(std::int64_t user, std::int64_t item, float sum, float weight) const {
    return baseline.of(user, item) + (weight > 0 ? sum / (weight + damping) : 0.0F);
  }
};

/// Ratings in `values` become what is left of them. `of_users`: rows are users, columns items; else the other way.
__global__ void __launch_bounds__(threads)
    take_biases_away_kernel(DeviceSpan<const std::int64_t> offsets, DeviceSpan<const std::int32_t> indices,
                            Baseline baseline, bool of_users, DeviceSpan<float> values) {
  const std::int64_t row = (static_cast<std::int64_t>(blockIdx.x) * threads + threadIdx.x) / warp_size;
  if (row + 1 >= offsets.size) return;
  for (std::int64_t e = offsets[row] + threadIdx.x % warp_size; e < offsets[row + 1]; e += warp_size) {
    values[e] -= of_users ? baseline.of(row, indices[e]) : baseline.of(indices[e], row);
  }
}

__global__ void __launch_bounds__(threads)
    mix_rows_kernel(Mixture mixture, DeviceSpan<const std::int32_t> users, DeviceMatrixView<const float> weights,
                    DeviceMatrixView<float> sums) {
  const std::int64_t item = static_cast<std::int64_t>(blockIdx.x) * threads + threadIdx.x;
  if (item >= sums.columns) return;
  for (std::int64_t r = blockIdx.y; r < sums.rows; r += gridDim.y) {
    sums(r, item) = mixture(users[r], item, sums(r, item), weights(r, item));
  }
}

__global__ void __launch_bounds__(threads)
    mix_pairs_kernel(Mixture mixture, DeviceSpan<const std::int32_t> users, DeviceSpan<const std::int32_t> items,
                     DeviceSpan<const float> weights, DeviceSpan<float> sums) {
  const std::int64_t p = static_cast<std::int64_t>(blockIdx.x) * threads + threadIdx.x;
  if (p < sums.size) sums[p] = mixture(users[p], items[p], sums[p], weights[p]);
}

/// As embrace::fit_biases().
DeviceBiases fit_biases(Device& device, const Problem& problem) {
  const PlannedRows by_user(device, problem.ratings), by_item(device, problem.by_item);
  DeviceBiases biases{global_mean(device, by_user.matrix), {device, problem.users()}, {device, problem.items()}};
  biases.users.clear();
  for (int sweep = 0; sweep < Biases::sweeps; ++sweep) {
    solve_biases(device, by_item, {biases.mean, Biases::item_regularization, 0.0}, biases.users.span(),
                 biases.items.span());
    solve_biases(device, by_user, {biases.mean, Biases::user_regularization, 0.0}, biases.items.span(),
                 biases.users.span());
  }
  return biases;
}

/// The plan in words, if it fits.
std::string required(const Device& device, const MemoryPlan& plan) {
  plan.require(device, "lower neighbors");
  return plan.text(device);
}

}  // namespace

NeighborTrainer::NeighborTrainer(DevicePtr device, const Problem& problem, const MemoryPlan& plan)
    : Trainer(problem.threads),
      settings_(settings_of(problem)),
      device_(std::move(device)),
      plan_(required(*device_, plan)),
      damping_(static_cast<float>(problem.hyper["damping"])) {
  if (problem.task == Task::rating) biases_ = fit_biases(*device_, problem);
  by_user_ = values_of(problem.ratings, true);
  by_item_ = values_of(problem.by_item, false);
}

MemoryPlan NeighborTrainer::ratings_plan(const Problem& problem) {
  const bool rates = problem.task == Task::rating;
  const std::int64_t nodes = problem.users() + problem.items(), entries = problem.ratings.entries();
  MemoryPlan plan;
  plan.add("ratings", 8 * (nodes + 2) + (rates ? 16 : 8) * entries);
  if (!rates) return plan;
  return plan.add("biases", 4 * nodes)
      .at_least("ratings, while biases are fitted",
                PlannedRows::bytes(problem.ratings) + PlannedRows::bytes(problem.by_item) + 4 * nodes);
}

NeighborSettings NeighborTrainer::settings_of(const Problem& problem) {
  return {.count = problem.hyper.integer("neighbors"),
          .shrinkage = problem.hyper["shrinkage"],
          .exponent = problem.hyper["exponent"]};
}

DeviceCsr NeighborTrainer::values_of(CsrView rows, bool of_users) const {
  DeviceBuffer<std::int64_t> offsets(*device_, Span<const std::int64_t>(rows.offsets, rows.rows + 1));
  DeviceBuffer<std::int32_t> indices(*device_, Span<const std::int32_t>(rows.indices, rows.entries()));
  DeviceBuffer<float> values;
  if (biases_ && rows.rows > 0) {
    values = {*device_, Span<const float>(rows.values, rows.entries())};
    take_biases_away_kernel<<<blocks_for(rows.rows, threads / warp_size), threads, 0, device_->stream()>>>(
        std::as_const(offsets).span(), std::as_const(indices).span(), Baseline(*biases_), of_users, values.span());
    EMBRACE_CHECK(cudaGetLastError());
  }
  return {std::move(offsets), std::move(indices), std::move(values), rows.rows, rows.columns};
}

DeviceCsr NeighborTrainer::values_of(CsrView ratings) const { return values_of(ratings, true); }

void NeighborTrainer::fold_in(CsrView ratings) {
  if (biases_) {
    solve_biases(*device_, PlannedRows(*device_, ratings), {biases_->mean, Biases::user_regularization, {}},
                 biases_->items.span(), biases_->users.span());
  }
  know(ratings);
}

Scorer NeighborTrainer::scorer() const {
  return [this](DeviceSpan<const std::int32_t> users, DeviceMatrixView<float> scores) {
    EMBRACE_PHASE("score");
    multiply_rows(*device_, sums(), users, scores);
    if (!biases_ || scores.columns == 0) return;
    DeviceBuffer<float> memory(*device_, scores.rows * scores.columns);
    const DeviceMatrixView<float> given{memory.span().data, scores.rows, scores.columns, scores.columns};
    multiply_rows(*device_, weights(), users, given);
    mix_rows_kernel<<<matrix_grid(scores.rows, scores.columns, threads), threads, 0, device_->stream()>>>(
        Mixture{Baseline(*biases_), damping_}, users, given, scores);
    EMBRACE_CHECK(cudaGetLastError());
  };
}

void NeighborTrainer::predict(const PairsView& pairs, Span<float> out) const {
  const PairScorer predict = [this](DeviceSpan<const std::int32_t> users, DeviceSpan<const std::int32_t> items,
                                    DeviceSpan<float> predicted) {
    EMBRACE_PHASE("predict");
    multiply_elements(*device_, sums(), users, items, predicted);
    if (!biases_ || predicted.empty()) return;
    DeviceBuffer<float> given(*device_, predicted.size);
    multiply_elements(*device_, weights(), users, items, given.span());
    mix_pairs_kernel<<<blocks_for(predicted.size, threads), threads, 0, device_->stream()>>>(
        Mixture{Baseline(*biases_), damping_}, users, items, std::as_const(given).span(), predicted);
    EMBRACE_CHECK(cudaGetLastError());
  };
  predict_in_parts(*device_, predict, pairs, out);
}

void NeighborTrainer::score(Span<const std::int32_t> users, MatrixView out) const {
  score_users(*device_, scorer(), users, out);
}

bool NeighborTrainer::rank(Span<const std::int32_t> users, CsrView mask, std::int64_t depth,
                           Span<ScoredItem> out) const {
  return rank_users(*device_, scorer(), users, mask, depth, out);
}

EpochResult NeighborTrainer::result_of(const DeviceCsr& neighbors) const {
  const DeviceSpan<const float> similarities = neighbors.view().values;
  const double whole = sum(*device_, similarities);
  return {whole / static_cast<double>(std::max<std::int64_t>(1, similarities.size)), by_user().entries()};
}

}  // namespace embrace::gpu
