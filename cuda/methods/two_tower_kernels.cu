// two-tower (Covington, Adams, Sargin 2016, section 3; Yi et al. 2019, equation 3) between its products of matrices. Of
// a batch of n pairs (u, i) in groups, with e and x the vectors of users and items, S the sums of histories, h = items
// of the user but this one:
//   p = e_u + (S_u - x_i) / h,   d_p = p / |p|,   d_x = x_i / |x_i|
//   s = d_p d_xᵀ by group, then by row  loss = -log(exp(s_r / t) / (exp(s_r / t) + Σ_c exp((s_c - correction_c) / t)))
//       over the places c of the group whose item the user does not have;  correction = t log(m Q)
//   g_p = (y - <y, d_p> d_p) / |p| with y = P d_x / n,   g_x likewise, less g_p / h      P: the derivatives by s
// The products d_p d_xᵀ, P d_x and Pᵀ d_p of all groups are cuBLAS's; for that all groups have rows for the largest of
// them, and a row without a pair is zero. Sums of g by user and by item are cuda/learning/node_sums.hpp's.
// Mapping: blockIdx.y is the group. In it a group of lanes has a pair, four numbers a lane; where a pair has m scores,
// a warp, whose lanes stride over them, 128 bytes at a time, and meet in a fixed tree. Which of the group's pairs have
// an item of the user is told by a table of groups × items with lists of pairs behind it: their order depends on the
// schedule, and nothing else does, since all of a list is left out alike. Losses are added by block, in double.
// Cost a pair of k factors in a group of m: 20 k bytes to take in, 24 k to finish, 36 m of scores with the products,
// most of it from the level 2 cache; two exponentials a score; 8 bytes for each item of the user. The products are 6 m
// k operations: with 512 pairs a group and 64 factors most of the work.
#include "cuda/methods/two_tower_kernels.hpp"

#include "cuda/device/phase.hpp"
#include "cuda/math/lane_groups.cuh"
#include "cuda/math/reduce.cuh"
#include "cuda/math/score_losses.cuh"

namespace embrace::gpu {
namespace {

constexpr int threads = 256;
constexpr int warps = threads / warp_size;

__device__ std::int64_t thread_index() { return static_cast<std::int64_t>(blockIdx.x) * threads + threadIdx.x; }

/// What a vector of this length is multiplied by.
__device__ float to_length_one(float length) { return length > 0 ? 1 / length : 0; }

/// A place of the block's group.
struct Place {
  std::int64_t group, place;
  std::int64_t row;  // of the batch's matrices
  std::int64_t pair;
  bool taken;  // there is such a pair
};
__device__ Place place_in_group(const PairGroups& groups, std::int64_t place) {
  const std::int64_t group = blockIdx.y;
  return {group, place, group * groups.places + place, groups.first(group) + place, place < groups.size(group)};
}

/// 1 / h of a pair's user, 0 where there is no other item.
__device__ float share_of_others(const TowerBatch& batch, std::int64_t user) {
  const std::int64_t others = batch.histories.size(user) - 1;
  return others > 0 ? 1 / static_cast<float>(others) : 0;
}

/// A pair's vectors.
struct Pair {
  std::int64_t user, item;
  float each;  // of the others

  __device__ float4 p(const TowerBatch& batch, std::int64_t k) const {
    float4 sum = quad_of(batch.user_vectors, user, k);
    add_scaled(each, quad_of(batch.sums, user, k), sum);
    add_scaled(-each, quad_of(batch.item_vectors, item, k), sum);
    return sum;
  }
  __device__ float4 x(const TowerBatch& batch, std::int64_t k) const { return quad_of(batch.item_vectors, item, k); }
};

/// What one lane does for a pair.
__device__ void list_pair(const TowerBatch& batch, const PartList& list, const Place& at, const Pair& pair) {
  const std::int64_t others = batch.groups.size(at.group) - 1;
  const auto log_others = static_cast<float>(log(static_cast<double>(others > 1 ? others : 1)));
  batch.corrections[at.row] = batch.temperature * (log_others + batch.log_share[pair.item]);
  batch.next[at.row] = atomicExch(&batch.place(at.group, pair.item), static_cast<std::int32_t>(at.place));
  const std::int64_t pairs = batch.groups.pairs, second = pairs + at.pair;
  list.nodes[at.pair] = static_cast<std::uint32_t>(pair.user);
  list.nodes[second] = static_cast<std::uint32_t>(batch.histories.rows + pair.item);
  list.elements[at.pair] = {static_cast<std::int32_t>(at.row), 1.0F};
  list.elements[second] = {static_cast<std::int32_t>(batch.groups.rows() + at.row), 1.0F};
  if (at.pair > 0) return;
  list.ends[0] = 0;
  list.ends[1] = 2 * pairs;
}

template <int lanes>
__global__ void __launch_bounds__(threads) take_in_pairs_kernel(TowerBatch batch, PartList list) {
  const std::int64_t rows = batch.groups.rows(), quads = batch.directions.stride / 4;
  const int lane = static_cast<int>(threadIdx.x) % lanes;
  const Place at = place_in_group(batch.groups, thread_index() / lanes);  // without a pair they help with the shuffles
  const std::int64_t user = batch.users[at.taken ? at.pair : 0], item = batch.items[at.taken ? at.pair : 0];
  const Pair pair{user, item, share_of_others(batch, user)};
  float of_user = 0, of_item = 0;
  for (std::int64_t k = lane; k < quads && at.taken; k += lanes) {
    const float4 p = pair.p(batch, k), x = pair.x(batch, k);
    of_user += dot(p, p);
    of_item += dot(x, x);
  }
  of_user = sqrtf(group_sum<lanes>(of_user));
  of_item = sqrtf(group_sum<lanes>(of_item));
  if (at.place >= batch.groups.places) return;
  for (std::int64_t k = lane; k < quads; k += lanes) {
    const float4 zero = make_float4(0, 0, 0, 0);
    quad_of(batch.directions, at.row, k) = at.taken ? times(to_length_one(of_user), pair.p(batch, k)) : zero;
    quad_of(batch.directions, rows + at.row, k) = at.taken ? times(to_length_one(of_item), pair.x(batch, k)) : zero;
  }
  if (lane > 0 || !at.taken) return;
  batch.lengths[at.row] = of_user;
  batch.lengths[rows + at.row] = of_item;
  list_pair(batch, list, at, pair);
}

/// Takes what the user has, this pair's item as well, out of a row of scores.
__device__ void leave_out(const TowerBatch& batch, const Place& at, const WarpScores& scores) {
  const std::int64_t user = batch.users[at.pair];
  const std::int32_t* next = batch.next.data + at.group * batch.groups.places;
  for (std::int64_t e = batch.histories.begin(user) + scores.lane; e < batch.histories.end(user); e += warp_size) {
    std::int32_t place = batch.place(at.group, batch.histories.indices[e]);
    for (; place >= 0; place = next[place]) scores.data[place] = -INFINITY;
  }
}

/// A row of scores becomes derivatives; the loss is given to all lanes of the warp.
__device__ double learn_row(const TowerBatch& batch, const Place& at, const WarpScores& scores) {
  const float own = scores.data[at.place];
  const float* corrections = batch.corrections.data + at.group * batch.groups.places;
  __syncwarp();  // all lanes have the own score before any is corrected
  for (std::int64_t c = scores.lane; c < scores.size; c += warp_size) scores.data[c] -= corrections[c];
  __syncwarp();  // all scores are corrected before any is left out
  leave_out(batch, at, scores);
  __syncwarp();  // all lanes read what any of them has left out
  const SoftmaxTerm term = sampled_softmax(1 / batch.temperature, own, 1, scores);
  if (at.place % warp_size == scores.lane) scores.data[at.place] = term.positive;  // by the lane that had it before
  return term.loss;
}

__global__ void __launch_bounds__(threads) learn_pairs_kernel(TowerBatch batch, DeviceSpan<double> losses) {
  __shared__ double scratch[warps];
  const int lane = static_cast<int>(threadIdx.x) % warp_size;
  const Place at = place_in_group(batch.groups, thread_index() / warp_size);
  double loss = 0;
  if (at.taken) {  // a whole warp
    loss = learn_row(batch, at, {batch.scores.row(at.row), batch.groups.size(at.group), lane});
  }
  loss = block_sum<threads>(lane == 0 ? loss : 0.0, scratch);
  if (threadIdx.x == 0) losses[static_cast<std::int64_t>(blockIdx.y) * gridDim.x + blockIdx.x] = loss;
}

/// A vector's part of a pair: the gradient by its direction, and what of that is along the direction.
struct Part {
  std::int64_t row;
  float each;  // of the mean loss
  float along;

  __device__ float4 by_direction(const TowerBatch& batch, std::int64_t k) const {
    return times(each, quad_of(batch.parts, row, k));
  }
  __device__ float product(const TowerBatch& batch, std::int64_t k) const {
    return dot(by_direction(batch, k), quad_of(batch.directions, row, k));
  }
  /// Of a vector of length one nothing moves along itself.
  __device__ float4 by_vector(const TowerBatch& batch, std::int64_t k) const {
    float4 g = by_direction(batch, k);
    add_scaled(-along, quad_of(batch.directions, row, k), g);
    return times(to_length_one(batch.lengths[row]), g);
  }
};

template <int lanes>
__global__ void __launch_bounds__(threads) finish_pairs_kernel(TowerBatch batch) {
  const std::int64_t quads = batch.parts.stride / 4;
  const int lane = static_cast<int>(threadIdx.x) % lanes;
  const Place at = place_in_group(batch.groups, thread_index() / lanes);  // without a pair they help with the shuffles
  const float each = 1 / static_cast<float>(batch.groups.pairs);
  Part of_user{at.row, each, 0}, of_item{batch.groups.rows() + at.row, each, 0};
  for (std::int64_t k = lane; k < quads && at.taken; k += lanes) {
    of_user.along += of_user.product(batch, k);
    of_item.along += of_item.product(batch, k);
  }
  of_user.along = group_sum<lanes>(of_user.along);
  of_item.along = group_sum<lanes>(of_item.along);
  if (!at.taken) return;
  const float others = share_of_others(batch, batch.users[at.pair]);
  for (std::int64_t k = lane; k < quads; k += lanes) {
    const float4 by_user = of_user.by_vector(batch, k);
    float4 by_item = of_item.by_vector(batch, k);
    add_scaled(-others, by_user, by_item);  // p is without the pair's item
    quad_of(batch.parts, of_user.row, k) = by_user;
    quad_of(batch.parts, of_item.row, k) = by_item;
  }
}

/// A group of lanes an entity.
template <int lanes>
__global__ void __launch_bounds__(threads)
    represent_entities_kernel(Represented entities, DeviceMatrixView<float> out) {
  const std::int64_t place = thread_index() / lanes, quads = out.stride / 4;
  const int lane = static_cast<int>(threadIdx.x) % lanes;
  const std::int64_t entity = place < out.rows ? place : 0;  // those beyond the last only help with the shuffles
  const std::int64_t size = entities.offsets.empty() ? 0 : entities.offsets[entity + 1] - entities.offsets[entity];
  const float each = size > 0 ? 1 / static_cast<float>(size) : 0;
  const auto vector = [&](std::int64_t k) {
    float4 sum = quad_of(entities.vectors, entity, k);
    if (size > 0) add_scaled(each, quad_of(entities.sums, entity, k), sum);
    return sum;
  };
  float squares = 0;
  for (std::int64_t k = lane; k < quads; k += lanes) {
    const float4 x = vector(k);
    squares += dot(x, x);
  }
  const float scale = to_length_one(sqrtf(group_sum<lanes>(squares)));
  if (place >= out.rows || (size == 0 && !entities.all)) return;
  for (std::int64_t k = lane; k < quads; k += lanes) quad_of(out, entity, k) = times(scale, vector(k));
}

/// Blocks for the places of all groups.
dim3 grid_of(const PairGroups& groups, int places_a_block) {
  return {blocks_for(groups.places, places_a_block), static_cast<unsigned>(groups.count), 1};
}

}  // namespace

void take_in_pairs(Device& device, const TowerBatch& batch, const PartList& list) {
  EMBRACE_PHASE("take in");
  const auto places = static_cast<std::size_t>(batch.place.rows * batch.place.columns);  // all bits set: -1
  EMBRACE_CHECK(cudaMemsetAsync(batch.place.data, 0xff, places * sizeof(std::int32_t), device.stream()));
  const int lanes = lanes_for(batch.directions.stride / 4);
  const auto kernel = instance_for(lanes, take_in_pairs_kernel<8>, take_in_pairs_kernel<16>, take_in_pairs_kernel<32>);
  kernel<<<grid_of(batch.groups, threads / lanes), threads, 0, device.stream()>>>(batch, list);
  EMBRACE_CHECK(cudaGetLastError());
}

std::int64_t pair_blocks(const PairGroups& groups) { return groups.count * blocks_for(groups.places, warps); }

void learn_pairs(Device& device, const TowerBatch& batch, DeviceSpan<double> losses) {
  EMBRACE_PHASE("compare");
  learn_pairs_kernel<<<grid_of(batch.groups, warps), threads, 0, device.stream()>>>(batch, losses);
  EMBRACE_CHECK(cudaGetLastError());
}

void finish_pairs(Device& device, const TowerBatch& batch) {
  EMBRACE_PHASE("finish parts");
  const int lanes = lanes_for(batch.parts.stride / 4);
  const auto kernel = instance_for(lanes, finish_pairs_kernel<8>, finish_pairs_kernel<16>, finish_pairs_kernel<32>);
  kernel<<<grid_of(batch.groups, threads / lanes), threads, 0, device.stream()>>>(batch);
  EMBRACE_CHECK(cudaGetLastError());
}

void represent_entities(Device& device, const Represented& entities, DeviceMatrixView<float> out) {
  EMBRACE_PHASE("directions");
  if (out.rows == 0) return;
  const int lanes = lanes_for(out.stride / 4);
  const auto kernel =
      instance_for(lanes, represent_entities_kernel<8>, represent_entities_kernel<16>, represent_entities_kernel<32>);
  kernel<<<blocks_for(out.rows, threads / lanes), threads, 0, device.stream()>>>(entities, out);
  EMBRACE_CHECK(cudaGetLastError());
}

}  // namespace embrace::gpu
