// Rows of scores turned into terms of a loss, as host/math/score_losses.hpp has them, by a warp a row. Lanes stride
// over the row, 128 bytes at a time, and what they find meets in a fixed tree. A score of minus infinity has no part.
#pragma once
#include "cuda/math/reduce.cuh"
#include "host/math/score_losses.hpp"

namespace embrace::gpu {

/// A row, of which each lane of a warp has every 32nd score.
struct WarpScores {
  float* data;
  std::int64_t size;
  int lane;

  /// Σ map(score), given to all lanes.
  template <typename Map>
  __device__ float sum(const Map& map) const {
    float all = 0;
    for (std::int64_t j = lane; j < size; j += warp_size) all += map(data[j]);
    return group_sum<warp_size>(all);
  }
  template <typename Map>
  __device__ void replace(const Map& map) const {
    for (std::int64_t j = lane; j < size; j += warp_size) data[j] = map(data[j]);
  }
  /// Of `least` and the scores, given to all lanes.
  __device__ float largest(float least) const {
    float most = least;
    for (std::int64_t j = lane; j < size; j += warp_size) most = fmaxf(most, data[j]);
#pragma unroll
    for (int step = warp_size / 2; step > 0; step /= 2) most = fmaxf(most, __shfl_xor_sync(all_lanes, most, step));
    return most;
  }
};

/// As embrace::sampled_softmax; the term is given to all lanes.
inline __device__ SoftmaxTerm sampled_softmax(float sharp, float positive, double each, const WarpScores& scores) {
  const float most = scores.largest(positive);
  const auto wide = static_cast<double>(sharp), ahead = static_cast<double>(positive - most);
  const double own = exp(wide * ahead);
  const auto exponential = [=](float x) { return expf((x - most) * sharp); };
  const double all = own + each * static_cast<double>(scores.sum(exponential));
  const auto factor = static_cast<float>(wide * each / all);
  scores.replace([=](float x) { return factor * exponential(x); });
  return {log(all) - wide * ahead, static_cast<float>(wide * (own / all - 1))};
}

}  // namespace embrace::gpu
