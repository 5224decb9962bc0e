// elsa on a device; the twin of host/methods/elsa.cpp, with the same batches, first vectors and formulas. Of a batch of
// users, X what they have, A the items' vectors of length one:
//   H = X A                                        sums over what a user has, cuda/learning/user_batches.cuh
//   Y = H Aᵀ, then its gradient and the loss       a block a user, which reads and writes the row twice
//   Yᵀ H + Xᵀ (Y A), what turns A, Adam, A anew    a warp an item, whose lanes hold all of its numbers
// Products of dense matrices are cuBLAS's. A row of Xᵀ (Y A) is added up where it is used, over the users marked for
// the item, in their order. Sums over a row meet in a fixed tree, those over a user's items in double. Cost: the three
// products of users × items × factors, 2 operations each; 16 bytes a user and item; 36 bytes for each number of A a
// batch, whatever its size.
#include <utility>

#include "cuda/device/phase.hpp"
#include "cuda/learning/embedding_trainer.hpp"
#include "cuda/learning/first_vectors.hpp"
#include "cuda/learning/user_batches.cuh"
#include "cuda/math/adam.cuh"
#include "cuda/math/block_totals.cuh"
#include "cuda/math/product.hpp"
#include "cuda/trainers.hpp"

namespace embrace::gpu {
namespace {

constexpr int threads = 256;
constexpr int warps = threads / warp_size;
/// Of a block that has a user's row: there are few rows, and long ones.
constexpr int output_threads = 1024;

/// 0 of a vector of no length.
__device__ float4 over(float4 x, float length) {
  return length > 0 ? make_float4(x.x / length, x.y / length, x.z / length, x.w / length) : make_float4(0, 0, 0, 0);
}

/// What items are: weights of any length, their lengths, and vectors of length one; Adam's moments.
struct ItemsView {
  DeviceMatrixView<float> weights, vectors, m, v;
  DeviceSpan<float> lengths;
};

struct MarkAll {
  DeviceMatrixView<std::uint32_t> marks;
  __device__ bool operator()(std::int64_t, std::int64_t item, std::int64_t r, bool once) const {
    if (once) mark(marks, item, r);
    return true;
  }
};
struct StoreByPlace {
  DeviceMatrixView<float> out;
  __device__ void operator()(std::int64_t r, std::int64_t, std::int64_t quad, float4 sum) const {
    quad_of(out, r, quad) = sum;
  }
};
struct StoreByUser {
  DeviceMatrixView<float> out;
  __device__ void operator()(std::int64_t, std::int64_t user, std::int64_t quad, float4 sum) const {
    quad_of(out, user, quad) = sum;
  }
};

__global__ void __launch_bounds__(output_threads)
    learn_outputs_kernel(DeviceCsrView rows, DeviceSpan<const std::int32_t> users, DeviceMatrixView<float> outputs,
                         DeviceSpan<double> losses) {
  __shared__ BlockScratch<output_threads, double> of_squares, of_common;
  const std::int64_t r = blockIdx.x, begin = rows.begin(users[r]), end = rows.end(users[r]);
  float* y = outputs.row(r);
  for (std::int64_t e = begin + threadIdx.x; e < end; e += output_threads) y[rows.indices[e]] -= 1.0F;
  __syncthreads();  // x W is whole before its length is taken
  double squares = 0;
  for (std::int64_t i = threadIdx.x; i < outputs.columns; i += output_threads) {
    const float positive = fmaxf(0.0F, y[i]);
    y[i] = positive;
    squares += static_cast<double>(positive) * static_cast<double>(positive);
  }
  // Behind its barrier all of y is written.
  const auto length = static_cast<float>(sqrt(block_total<output_threads>(squares, of_squares)));
  if (!(length > 0)) {  // the whole block
    if (threadIdx.x == 0) losses[r] = 1;
    return;
  }
  const float each = 1.0F / sqrtf(static_cast<float>(end - begin));  // of x / |x|
  double common = 0;
  for (std::int64_t e = begin + threadIdx.x; e < end; e += output_threads) {
    common += static_cast<double>(each * y[rows.indices[e]] / length);
  }
  const auto cosine = static_cast<float>(block_total<output_threads>(common, of_common));
  // d loss / dy = 2 (<x', y'> y' - x') / |y|, where y is positive; x' has no part in the others.
  for (std::int64_t e = begin + threadIdx.x; e < end; e += output_threads) {
    float& positive = y[rows.indices[e]];
    positive = positive > 0 ? positive - each * length / cosine : 0.0F;
  }
  __syncthreads();  // x' is taken away before the rest is scaled
  const float factor = 2.0F / (length * static_cast<float>(users.size)) * cosine / length;
  for (std::int64_t i = threadIdx.x; i < outputs.columns; i += output_threads) y[i] *= factor;
  if (threadIdx.x == 0) losses[r] = 2 - 2 * static_cast<double>(cosine);
}

__global__ void __launch_bounds__(threads) normalize_items_kernel(ItemsView items) {
  const std::int64_t item = warp_index<threads>(), quads = items.weights.stride / 4;
  if (item >= items.weights.rows) return;  // a whole warp
  float squares = 0;
  for (std::int64_t quad = lane_index(); quad < quads; quad += warp_size) {
    const float4 w = quad_of(items.weights, item, quad);
    squares += dot(w, w);
  }
  const float length = sqrtf(group_sum<warp_size>(squares));
  for (std::int64_t quad = lane_index(); quad < quads; quad += warp_size) {
    quad_of(items.vectors, item, quad) = over(quad_of(items.weights, item, quad), length);
  }
  if (lane_index() == 0) items.lengths[item] = length;
}

/// `gradient`: Yᵀ H, `shared`: Y A, a row a user of the batch. A lane holds every 32nd four numbers of an item. One
/// block is asked for, since the compiler would spill for the sake of more.
template <int quads_a_lane>
__global__ void __launch_bounds__(threads, 1)
    turn_items_kernel(AdamFactors step, DeviceMatrixView<const std::uint32_t> marks,
                      DeviceMatrixView<const float> gradient, DeviceMatrixView<const float> shared, ItemsView items) {
  const std::int64_t item = warp_index<threads>(), quads = items.weights.stride / 4;
  if (item >= items.weights.rows) return;  // a whole warp
  const auto for_quads = [&](const auto& act) {
#pragma unroll
    for (int j = 0; j < quads_a_lane; ++j) {
      const std::int64_t quad = j * warp_size + lane_index();
      if (quad < quads) act(j, quad);
    }
  };
  float4 g[quads_a_lane], a[quads_a_lane];
  for_quads([&](int j, std::int64_t quad) { g[j] = quad_of(gradient, item, quad); });
  for_marked(marks, item, [&](std::int64_t r) {
    for_quads([&](int j, std::int64_t quad) { add_scaled(1.0F, quad_of(shared, r, quad), g[j]); });
  });
  float along = 0;
  for_quads([&](int j, std::int64_t quad) {
    a[j] = quad_of(items.vectors, item, quad);
    along += dot(g[j], a[j]);
  });
  along = group_sum<warp_size>(along);
  // Of a vector of length one nothing moves along itself.
  const float length = items.lengths[item];
  float squares = 0;
  for_quads([&](int j, std::int64_t quad) {
    add_scaled(-along, a[j], g[j]);
    float4& w = quad_of(items.weights, item, quad);
    step(over(g[j], length), w, quad_of(items.m, item, quad), quad_of(items.v, item, quad));
    a[j] = w;
    squares += dot(a[j], a[j]);
  });
  const float now = sqrtf(group_sum<warp_size>(squares));
  for_quads([&](int j, std::int64_t quad) { quad_of(items.vectors, item, quad) = over(a[j], now); });
  __syncwarp();  // all lanes have read the old length
  if (lane_index() == 0) items.lengths[item] = now;
}

MemoryPlan plan(const Problem& problem) {
  const std::int64_t factors = problem.hyper.integer("factors"), batch = UserBatches::most_users(problem);
  return MemoryPlan()
      .add("ratings and who has them", UserBatches::bytes(problem))
      .add("model", embedding_bytes(problem, factors))
      .add("weights, gradient and moments", 4 * DeviceMatrix::bytes(problem.items(), factors) + 4 * problem.items())
      .add("batch", DeviceMatrix::bytes(batch, problem.items()) + 2 * DeviceMatrix::bytes(batch, factors));
}

class Elsa final : public EmbeddingTrainer {
 public:
  Elsa(DevicePtr shared, const Problem& problem)
      : EmbeddingTrainer(std::move(shared), problem, plan(problem), "lower batch or factors"),
        factors_(problem.hyper.integer("factors")),
        learning_rate_(problem.hyper["learning_rate"]),
        batches_(device(), problem),
        weights_(device(), items_, factors_),
        gradient_(device(), items_, factors_),
        m_(device(), items_, factors_),
        v_(device(), items_, factors_),
        lengths_(device(), items_),
        outputs_(device(), UserBatches::most_users(problem), items_),
        hidden_(device(), outputs_.rows(), factors_),
        hidden_gradient_(device(), outputs_.rows(), factors_) {
    make_vectors(factors_);
    draw_factors(device(), problem.seed, 0, {}, 1, weights_.view());
    normalize_items_kernel<<<blocks_for(items_, warps), threads, 0, device().stream()>>>(items());
    EMBRACE_CHECK(cudaGetLastError());
  }

  EpochResult epoch() override {
    batches_.epoch([this](const UserBatch& batch) { learn(batch); });
    sum_vectors(batches_.rows());
    return batches_.result();
  }

  void fold_in(CsrView ratings) override { sum_vectors(UserRows(device(), ratings)); }

 private:
  ItemsView items() { return {weights_.view(), model_.items.view(), m_.view(), v_.view(), lengths_.span()}; }

  /// Users' vectors, of those who have something.
  void sum_vectors(const UserRows& rows) {
    EMBRACE_PHASE("sums of vectors");
    sum_histories(device(), rows.items.view(), rows.users.span(), model_.items.view(), KeepAll{},
                  StoreByUser{model_.users.view()});
  }

  void learn(const UserBatch& batch) {
    const std::int64_t n = batch.users.size;
    const DeviceCsrView rows = batches_.rows().items.view();
    const auto outputs = first_rows(outputs_, n), hidden = first_rows(hidden_, n),
               hidden_gradient = first_rows(hidden_gradient_, n);
    {
      EMBRACE_PHASE("sums of vectors");
      sum_histories(device(), rows, batch.users, model_.items.view(), MarkAll{batch.marks}, StoreByPlace{hidden});
    }
    multiply_transposed(device(), hidden, model_.items.view(), 0, outputs);
    {
      EMBRACE_PHASE("outputs");
      learn_outputs_kernel<<<static_cast<unsigned>(batch.users.size), output_threads, 0, device().stream()>>>(
          rows, batch.users, outputs, batch.losses);
      EMBRACE_CHECK(cudaGetLastError());
    }
    multiply(device(), outputs, model_.items.view(), 0, hidden_gradient);
    multiply_by_transposed(device(), outputs, hidden, 0, gradient_.view());
    turn_items(batch, hidden_gradient);
  }

  void turn_items(const UserBatch& batch, DeviceMatrixView<const float> hidden_gradient) {
    EMBRACE_PHASE("turn vectors");
    const AdamFactors step(embrace::AdamStep(learning_rate_, 0, batch.step));
    const auto launch = [&](auto kernel) {
      kernel<<<blocks_for(items_, warps), threads, 0, device().stream()>>>(step, batch.marks, gradient_.view(),
                                                                           hidden_gradient, items());
      EMBRACE_CHECK(cudaGetLastError());
    };
    const std::int64_t quads = weights_.view().stride / 4;
    if (quads <= warp_size) return launch(turn_items_kernel<1>);
    if (quads <= 2 * warp_size) return launch(turn_items_kernel<2>);
    if (quads <= 4 * warp_size) return launch(turn_items_kernel<4>);
    launch(turn_items_kernel<8>);
  }

  std::int64_t factors_;
  double learning_rate_;
  UserBatches batches_;
  DeviceMatrix weights_;                   // any length; model_.items: A
  DeviceMatrix gradient_, m_, v_;          // of the vectors; moments of the weights
  DeviceBuffer<float> lengths_;            // of the weights
  DeviceMatrix outputs_;                   // batch × items
  DeviceMatrix hidden_, hidden_gradient_;  // batch × factors: x A, and its gradient
};

}  // namespace

std::unique_ptr<Trainer> make_elsa(DevicePtr device, const Problem& problem) {
  return std::make_unique<Elsa>(std::move(device), problem);
}

}  // namespace embrace::gpu
