// WARP's search (Weston, Bengio and Usunier 2011, section 3.1), with the numbers of embrace::Samples::candidate:
//   score(i) = <q_u, Σ value * row> + Σ value * bias over i's features;  found: the first of ten drawn movies with
//   score > score(rated) - 1.  Of frozen vectors <q_u, row> is the same for all movies and comes from one product.
// Mapping: a warp a sample. Its lanes draw all ten movies at once, so that their bisections overlap; then groups of
// lanes (8 for 32 factors) score a movie each, as many as the warp has groups, until one of them is found. Movies are
// represented where they are scored: most are read once, and none has a slot yet.
// Cost a sample: ten Philox calls and bisections; for the rated and each scored movie of e features 16 e quads bytes of
// the table, mostly from the level 2 cache, and 2 flops for each 4 bytes; 12 bytes a column of frozen vectors.
#include "cuda/device/phase.hpp"
#include "cuda/learning/embedding_table.cuh"
#include "cuda/learning/samples.cuh"
#include "cuda/learning/search.hpp"

namespace embrace::gpu {
namespace {

constexpr int threads = 256;
constexpr int trials = embrace::Samples::most_candidates;
static_assert(trials <= warp_size);

/// <user's vector, representation> + bias, by a group of lanes, given to all of them.
template <int lanes>
__device__ float score(const SearchBatch& batch, std::int32_t item, std::int64_t slot, int lane) {
  const DeviceCsrView& features = batch.items.entries;
  const bool alone = batch.items.identified[item] != 0 && leaves_identity_out(batch.dropout, 0, item);
  const std::int64_t begin = features.begin(item) + (alone ? 1 : 0), end = features.end(item);
  float sum = 0;
  for (std::int64_t k = lane; k < batch.items.quads(); k += lanes) {
    float4 vector = make_float4(0, 0, 0, 0);
    for (std::int64_t e = begin; e < end; ++e) {
      add_scaled(features.values[e], quad_of(batch.items.vectors, features.indices[e], k), vector);
    }
    sum += dot(vector, quad_of(batch.user_vectors, slot, k));
  }
  for (std::int64_t e = begin + lane; e < end; e += lanes) {
    sum += features.values[e] * batch.items.bias[features.indices[e]];
  }
  const DeviceMatrixView<const float>& frozen = batch.items.frozen;
#pragma unroll 1  // so that models without such vectors do not pay for it in registers
  for (std::int64_t c = lane; c < frozen.columns; c += lanes) {
    sum += frozen(item, c) * (batch.frozen_products(slot, c) + batch.items.bias[batch.items.first_frozen() + c]);
  }
  return group_sum<lanes>(sum);
}

template <int lanes>
__global__ void __launch_bounds__(threads)
    find_movies_kernel(SampleSource source, Permutation order, SearchBatch batch) {
  constexpr int groups = warp_size / lanes;
  const std::int64_t s = (static_cast<std::int64_t>(blockIdx.x) * threads + threadIdx.x) / warp_size;
  if (s >= batch.users.size) return;  // a whole warp
  const int lane = static_cast<int>(threadIdx.x) % warp_size;
  const std::int64_t number = order(batch.first + s), slot = batch.slot[s];
  const std::int32_t positive = batch.positives[s];
  const std::int32_t drawn =
      lane < trials ? source.negative(batch.users[s], static_cast<std::uint64_t>(number * trials + lane)) : positive;
  const float least = score<lanes>(batch, positive, slot, lane % lanes) - 1.0F;
  int found = trials;
  for (int first = 0; first < trials && found == trials; first += groups) {
    const int trial = first + lane / lanes;
    const std::int32_t item = __shfl_sync(all_lanes, drawn, trial);  // beyond the last trial the rated one
    const float value = score<lanes>(batch, item, slot, lane % lanes);
    const unsigned near = __ballot_sync(all_lanes, trial < trials && !(value <= least));
    if (near != 0) found = first + (__ffs(static_cast<int>(near)) - 1) / lanes;
  }
  const std::int32_t movie = __shfl_sync(all_lanes, drawn, found < trials ? found : trials - 1);
  if (lane != 0) return;
  batch.movies[s] = positive;
  batch.movies[batch.users.size + s] = movie;
  batch.sample_weights[s] = found < trials ? batch.trial_weights[found] : 0.0F;
}

}  // namespace

void search(Device& device, const DeviceSamples& samples, const SearchBatch& batch) {
  EMBRACE_PHASE("search");
  if (batch.users.empty()) return;
  const auto launch = [&](auto kernel) {
    kernel<<<blocks_for(batch.users.size, threads / warp_size), threads, 0, device.stream()>>>(
        samples.source(batch.epoch), samples.order(batch.epoch), batch);
    EMBRACE_CHECK(cudaGetLastError());
  };
  const int lanes = lanes_for(batch.items.quads());
  launch(lanes == 8 ? find_movies_kernel<8> : lanes == 16 ? find_movies_kernel<16> : find_movies_kernel<32>);
}

}  // namespace embrace::gpu
