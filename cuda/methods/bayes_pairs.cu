// bayes: score = offset + b_u + b_i + b_c + <p_u, p_i> + <p_c, p_u + p_i> of pairs, without the parts of a context
// where they have none, for the first residuals, sums over samples and predictions. Mapping: a group of 8 lanes a pair,
// four factors a lane at a time; the lanes' sums meet in a fixed tree. Cost a pair of k factors: 8 bytes of indices, 8
// k of vectors (12 and 12 k with a context), 16 of a sum; 2 k flops (4 k). Bound by memory.
#include "cuda/device/phase.hpp"
#include "cuda/math/quads.cuh"
#include "cuda/math/reduce.cuh"
#include "cuda/methods/bayes_kernels.hpp"

namespace embrace::gpu {
namespace {

constexpr int threads = 256;
constexpr int lanes = 8;

struct Subtract {
  DeviceSpan<const float> ratings;
  DeviceSpan<float> residuals;
  __device__ void operator()(std::int64_t pair, float score) const { residuals[pair] = ratings[pair] - score; }
};
struct Write {
  DeviceSpan<float> scores;
  __device__ void operator()(std::int64_t pair, float score) const { scores[pair] = score; }
};
struct Add {
  BayesLevels levels;
  DeviceSpan<double> sums;
  bool anew;
  /// As cpu::Cutpoints::expected.
  __device__ double expected(double score) const {
    if (levels.values.empty()) return score;
    auto sum = static_cast<double>(levels.values[0]);
    for (std::int64_t l = 1; l < levels.values.size; ++l) {
      const auto step = static_cast<double>(levels.values[l] - levels.values[l - 1]);
      sum += step * 0.5 * erfc((levels.bounds[l] - score) * 0.7071067811865476);
    }
    return sum;
  }
  __device__ void operator()(std::int64_t pair, float score) const {
    sums[pair] = (anew ? 0.0 : sums[pair]) + expected(static_cast<double>(score));
  }
};

template <typename Finish>
__global__ void __launch_bounds__(threads) score_pairs_kernel(BayesModel model, BayesPairs pairs, Finish finish) {
  const std::int64_t pair = (static_cast<std::int64_t>(blockIdx.x) * threads + threadIdx.x) / lanes;
  const int lane = static_cast<int>(threadIdx.x) % lanes;
  const bool active = pair < pairs.users.size;  // the others only help with the shuffles
  const bool with_context = !pairs.contexts.empty();
  const std::int64_t user = active ? pairs.users[pair] : 0, item = active ? pairs.items[pair] : 0;
  const std::int64_t context = active && with_context ? pairs.contexts[pair] : 0;
  float sum = 0;
  for (std::int64_t k = lane; active && k < model.users.stride / 4; k += lanes) {
    float4 u = quad_of(model.users, user, k);
    const float4 i = quad_of(model.items, item, k);
    sum += dot(u, i);
    if (!with_context) continue;
    add_scaled(1.0F, i, u);
    sum += dot(quad_of(pairs.vectors, context, k), u);
  }
  sum = group_sum<lanes>(sum);
  if (!active || lane != 0) return;
  const float bias = static_cast<float>(model.sweep[0].offset) + model.user_bias[user] + model.item_bias[item];
  finish(pair, (with_context ? bias + pairs.bias[context] : bias) + sum);
}

template <typename Finish>
void score_pairs(Device& device, const BayesModel& model, const BayesPairs& pairs, const Finish& finish) {
  if (pairs.users.empty()) return;
  score_pairs_kernel<<<blocks_for(pairs.users.size, threads / lanes), threads, 0, device.stream()>>>(model, pairs,
                                                                                                     finish);
  EMBRACE_CHECK(cudaGetLastError());
}

}  // namespace

void subtract_scores(Device& device, const BayesModel& model, const BayesPairs& pairs, DeviceSpan<const float> ratings,
                     DeviceSpan<float> residuals) {
  score_pairs(device, model, pairs, Subtract{ratings, residuals});
}

void write_scores(Device& device, const BayesModel& model, const BayesPairs& pairs, DeviceSpan<float> scores) {
  EMBRACE_PHASE("predict");
  score_pairs(device, model, pairs, Write{scores});
}

void add_expected(Device& device, const BayesModel& model, const BayesPairs& pairs, const BayesLevels& levels,
                  bool anew, DeviceSpan<double> sums) {
  EMBRACE_PHASE("average");
  score_pairs(device, model, pairs, Add{levels, sums, anew});
}

}  // namespace embrace::gpu
