// A batch of n samples in groups of 256, each with m drawn items of its own, k factors; x are the vectors of nodes, d
// those of length one:
//   bpr            score difference s = <x_u, x_i> - <x_u, x_j>;  parts: slope (x_i - x_j), slope x_u, -slope x_u
//   ccl, softmax   scores S = D_u D_jᵀ by group; their derivatives P in their place (host/methods/lightgcn_loss.hpp);
//                  parts: P D_j + slope d_i, slope d_u, Pᵀ D_u, each without what lies along the vector itself
// The products of a group's matrices are cuBLAS's. Sums over the parts of a node are cuda/learning/node_sums.hpp's.
// Mapping: a group of lanes a part or a sample, four floats a lane; where a sample has m scores, a warp, whose lanes
// stride over them, 128 bytes at a time, and meet in a fixed tree. What a user has is found among the drawn items by a
// table of places for each group, so that a sample reads the user's row once. Losses are added by block, in double.
// Cost for ccl and softmax, a sample: 60 k bytes of directions and parts, 28 m of scores with the products, 12 for each
// item of the user; 6 m k flops in cuBLAS and two exponentials a score. For bpr 24 k bytes of vectors and as many of
// parts. At 16,384 samples, 512 items and 64 factors a batch has 64 MiB of them, most of which the level 2 cache holds.
// Where ratings are many, passing vectors along the graph costs more.
#include "cuda/methods/lightgcn_kernels.hpp"

#include "cuda/device/phase.hpp"
#include "cuda/learning/samples.cuh"
#include "cuda/math/adam.hpp"
#include "cuda/math/lane_groups.cuh"
#include "cuda/math/score_losses.cuh"
#include "cuda/math/softplus.cuh"
#include "host/methods/lightgcn_model.hpp"

namespace embrace::gpu {
namespace {

constexpr int threads = 256;
constexpr int warps = threads / warp_size;
constexpr std::int64_t group_samples = embrace::LightGcnModel::group_samples;

__device__ std::int64_t thread_index() { return static_cast<std::int64_t>(blockIdx.x) * threads + threadIdx.x; }

/// A thread a part.
__global__ void __launch_bounds__(threads)
    list_parts_kernel(LightGcnBatch batch, DeviceSpan<const std::int32_t> trained, PartLists parts) {
  const std::int64_t p = thread_index(), n = batch.size;
  if (p >= parts.list.nodes.size) return;
  std::int64_t node = 0;
  if (p < n) {
    node = batch.users[p];
  } else if (p - n < batch.items.size) {
    node = parts.users + batch.items[p - n];
  } else {
    const std::int64_t group = (p - 2 * n) / parts.negatives, drawn = (p - 2 * n) % parts.negatives;
    const std::int32_t item = trained[batch.orders[group](drawn)];
    parts.place(group, item) = static_cast<std::int32_t>(drawn);
    node = parts.users + item;
  }
  parts.list.nodes[p] = static_cast<std::uint32_t>(node);
  parts.list.elements[p] = {static_cast<std::int32_t>(p), 1.0F};
  if (p > 0) return;
  parts.list.ends[0] = 0;
  parts.list.ends[1] = parts.list.nodes.size;
}

template <int lanes>
__global__ void __launch_bounds__(threads)
    find_directions_kernel(DeviceMatrixView<const float> vectors, DeviceSpan<const std::uint32_t> nodes,
                           DeviceMatrixView<float> directions, DeviceSpan<float> lengths) {
  const std::int64_t place = thread_index() / lanes, quads = quads_of(vectors.columns);
  const int lane = static_cast<int>(threadIdx.x) % lanes;
  const bool active = place < directions.rows;  // the others only help with the shuffles
  const std::int64_t node = !active ? 0 : nodes.empty() ? place : nodes[place];
  float squares = 0;
  for (std::int64_t k = lane; k < quads && active; k += lanes) {
    const float4 x = quad_of(vectors, node, k);
    squares += dot(x, x);
  }
  squares = group_sum<lanes>(squares);
  if (!active) return;
  const float length = sqrtf(squares), scale = length > 0 ? 1 / length : 0;
  for (std::int64_t k = lane; k < quads; k += lanes) {
    const float4 x = quad_of(vectors, node, k);
    quad_of(directions, place, k) = make_float4(scale * x.x, scale * x.y, scale * x.z, scale * x.w);
  }
  if (lane == 0 && !lengths.empty()) lengths[place] = length;
}

/// <a, b> of two rows, by a group of lanes, given to all of them.
template <int lanes>
__device__ float product_of_rows(DeviceMatrixView<const float> matrix, std::int64_t a, std::int64_t b, int lane) {
  float sum = 0;
  for (std::int64_t k = lane; k < quads_of(matrix.columns); k += lanes) {
    sum += dot(quad_of(matrix, a, k), quad_of(matrix, b, k));
  }
  return group_sum<lanes>(sum);
}

/// A group of lanes a sample.
template <int lanes>
__global__ void __launch_bounds__(threads)
    compare_pairs_kernel(LightGcnBatch batch, DeviceMatrixView<const float> vectors, std::int64_t users,
                         DeviceSpan<double> losses, DeviceMatrixView<float> parts) {
  __shared__ double scratch[warps];
  const std::int64_t n = batch.size, sample = thread_index() / lanes;
  const int lane = static_cast<int>(threadIdx.x) % lanes;
  const bool active = sample < n;
  const std::int64_t s = active ? sample : 0;  // the others only help with the shuffles
  const std::int64_t user = batch.users[s], item = users + batch.items[s], other = users + batch.items[n + s];
  const float ahead =
      product_of_rows<lanes>(vectors, user, item, lane) - product_of_rows<lanes>(vectors, user, other, lane);
  const float slope = -1.0F / (1.0F + expf(ahead)) / static_cast<float>(n);
  for (std::int64_t k = lane; k < quads_of(vectors.columns) && active; k += lanes) {
    const float4 x = quad_of(vectors, user, k);
    float4 difference = quad_of(vectors, item, k);
    add_scaled(-1.0F, quad_of(vectors, other, k), difference);
    quad_of(parts, s, k) = times(slope, difference);
    quad_of(parts, n + s, k) = times(slope, x);
    quad_of(parts, 2 * n + s, k) = times(-slope, x);
  }
  const double loss = active && lane == 0 ? static_cast<double>(softplus(-ahead)) : 0.0;
  const double sum = block_sum<threads>(loss, scratch);
  if (threadIdx.x == 0) losses[blockIdx.x] = sum;
}

/// Of the items that a sample may be compared with.
struct Comparison {
  float positive;  // score of the rated item
  int drawn;       // items that its group has drawn and the user does not have
  int items;       // that the user does not have
};

/// As embrace::ContrastTerm.
struct Term {
  double loss;
  float slope;
};

/// Scores of items that the user has become minus infinity.
__device__ Comparison leave_out(const ContrastBatch& work, const SampleSource& source, std::int64_t s,
                                const WarpScores& scores) {
  const std::int32_t user = work.batch.users[s];
  const std::int32_t* place = work.place.row(s / group_samples);
  const DeviceCsrView& ratings = source.ratings;
  int own = 0, own_drawn = 0;
  for (std::int64_t e = ratings.begin(user) + scores.lane; e < ratings.end(user); e += warp_size) {
    const std::int32_t item = ratings.indices[e];
    if (e > ratings.begin(user) && ratings.indices[e - 1] == item) continue;  // named twice
    ++own;
    if (place[item] < 0) continue;
    ++own_drawn;
    scores.data[place[item]] = -INFINITY;
  }
  __syncwarp();  // all lanes read what any of them has left out
  const float positive = product_of_rows<warp_size>(work.directions, s, work.batch.size + s, scores.lane);
  return {positive, static_cast<int>(scores.size) - group_sum<warp_size>(own_drawn),
          static_cast<int>(source.trained.size) - group_sum<warp_size>(own)};
}

__device__ Term hinge_losses(const embrace::Contrast& loss, const Comparison& with, const WarpScores& scores) {
  const float margin = loss.margin, each = with.drawn > 0 ? loss.weight / static_cast<float>(with.drawn) : 0.0F;
  const float above = scores.sum([=](float x) { return x > margin ? x - margin : 0.0F; });
  scores.replace([=](float x) { return x > margin ? each : 0.0F; });
  return {1 - static_cast<double>(with.positive) + static_cast<double>(each) * static_cast<double>(above), -1.0F};
}

__device__ Term softmax_losses(const embrace::Contrast& loss, const Comparison& with, const WarpScores& scores) {
  const double each = with.drawn > 0 ? static_cast<double>(with.items) / with.drawn : 0.0;
  const SoftmaxTerm term = sampled_softmax(1 / loss.temperature, with.positive, each, scores);
  return {term.loss, term.positive};
}

/// A warp a sample.
__global__ void __launch_bounds__(threads) contrast_kernel(ContrastBatch work, SampleSource source) {
  __shared__ double scratch[warps];
  const std::int64_t s = thread_index() / warp_size;
  const int lane = static_cast<int>(threadIdx.x) % warp_size;
  double loss = 0;
  if (s < work.batch.size) {  // a whole warp
    const WarpScores scores{work.scores.row(s), work.scores.columns, lane};
    const Comparison with = leave_out(work, source, s, scores);
    const Term term = work.loss.kind == embrace::GraphLoss::ccl ? hinge_losses(work.loss, with, scores)
                                                                : softmax_losses(work.loss, with, scores);
    if (lane == 0) {
      work.slopes[s] = term.slope / static_cast<float>(work.batch.size);
      loss = term.loss;
    }
  }
  loss = block_sum<threads>(loss, scratch);
  if (threadIdx.x == 0) work.losses[blockIdx.x] = loss;
}

/// A part's gradient by its direction: `each` times its sum over scores, if it has one, and `slope` times the direction
/// of part `other`.
struct ByDirection {
  DeviceMatrixView<const float> sums, directions;
  std::int64_t part, other;
  float each, slope;
  bool summed;

  __device__ float4 quad(std::int64_t k) const {
    float4 g = summed ? times(each, quad_of(sums, part, k)) : make_float4(0, 0, 0, 0);
    if (slope != 0) add_scaled(slope, quad_of(directions, other, k), g);
    return g;
  }
};

/// A group of lanes a part. Of a vector of length one nothing moves along itself.
template <int lanes>
__global__ void __launch_bounds__(threads)
    finish_parts_kernel(std::int64_t n, DeviceSpan<const float> slopes, DeviceMatrixView<const float> directions,
                        DeviceSpan<const float> lengths, DeviceMatrixView<float> parts) {
  const std::int64_t place = thread_index() / lanes, quads = quads_of(parts.columns);
  const int lane = static_cast<int>(threadIdx.x) % lanes;
  const bool active = place < parts.rows;
  const std::int64_t p = active ? place : 0;  // the others only help with the shuffles
  const bool of_sample = p < 2 * n;
  const ByDirection gradient{parts,
                             directions,
                             p,
                             of_sample ? (p < n ? n + p : p - n) : 0,
                             1 / static_cast<float>(n),
                             of_sample ? slopes[p < n ? p : p - n] : 0.0F,
                             p < n || !of_sample};
  float along = 0;
  for (std::int64_t k = lane; k < quads && active; k += lanes) {
    along += dot(gradient.quad(k), quad_of(directions, p, k));
  }
  along = group_sum<lanes>(along);
  if (!active) return;
  const float scale = lengths[p] > 0 ? 1 / lengths[p] : 0;
  for (std::int64_t k = lane; k < quads; k += lanes) {
    float4 g = gradient.quad(k);
    add_scaled(-along, quad_of(directions, p, k), g);
    quad_of(parts, p, k) = times(scale, g);
  }
}

/// A thread four numbers.
__global__ void __launch_bounds__(threads)
    add_penalties_kernel(double each, DeviceSpan<const float> counts, DeviceMatrixView<const float> table,
                         DeviceMatrixView<float> gradient) {
  const std::int64_t quads = quads_of(table.columns), node = thread_index() / quads, k = thread_index() % quads;
  if (node >= table.rows || counts[node] == 0) return;
  const auto factor = static_cast<float>(each * static_cast<double>(counts[node]));
  add_scaled(factor, quad_of(table, node, k), quad_of(gradient, node, k));
}

/// Where rows are padded all numbers are zero and stay so.
template <typename T>
DeviceSpan<T> all_of(DeviceMatrixView<T> matrix) {
  return {matrix.data, matrix.rows * matrix.stride};
}

}  // namespace

void list_parts(Device& device, const DeviceSamples& samples, const LightGcnBatch& batch, const PartLists& parts) {
  EMBRACE_PHASE("list parts");
  const std::int64_t places = parts.place.rows * parts.place.columns;
  if (places > 0) {  // all bits set: -1
    EMBRACE_CHECK(cudaMemsetAsync(parts.place.data, 0xff, static_cast<std::size_t>(places) * sizeof(std::int32_t),
                                  device.stream()));
  }
  list_parts_kernel<<<blocks_for(parts.list.nodes.size, threads), threads, 0, device.stream()>>>(
      batch, samples.source(0).trained, parts);
  EMBRACE_CHECK(cudaGetLastError());
}

void find_directions(Device& device, DeviceMatrixView<const float> vectors, DeviceSpan<const std::uint32_t> nodes,
                     DeviceMatrixView<float> directions, DeviceSpan<float> lengths) {
  EMBRACE_PHASE("directions");
  if (directions.rows == 0) return;
  const int lanes = lanes_for(quads_of(vectors.columns));
  const auto kernel =
      instance_for(lanes, find_directions_kernel<8>, find_directions_kernel<16>, find_directions_kernel<32>);
  kernel<<<blocks_for(directions.rows, threads / lanes), threads, 0, device.stream()>>>(vectors, nodes, directions,
                                                                                        lengths);
  EMBRACE_CHECK(cudaGetLastError());
}

std::int64_t pair_loss_blocks(std::int64_t samples, std::int64_t factors) {
  return blocks_for(samples, threads / lanes_for(quads_of(factors)));
}

std::int64_t contrast_loss_blocks(std::int64_t samples) { return blocks_for(samples, warps); }

void compare_pairs(Device& device, const LightGcnBatch& batch, DeviceMatrixView<const float> vectors,
                   std::int64_t users, DeviceSpan<double> losses, DeviceMatrixView<float> parts) {
  EMBRACE_PHASE("compare");
  const auto kernel = instance_for(lanes_for(quads_of(vectors.columns)), compare_pairs_kernel<8>,
                                   compare_pairs_kernel<16>, compare_pairs_kernel<32>);
  kernel<<<static_cast<unsigned>(losses.size), threads, 0, device.stream()>>>(batch, vectors, users, losses, parts);
  EMBRACE_CHECK(cudaGetLastError());
}

void contrast(Device& device, const DeviceSamples& samples, const ContrastBatch& batch) {
  EMBRACE_PHASE("compare");
  contrast_kernel<<<static_cast<unsigned>(batch.losses.size), threads, 0, device.stream()>>>(batch, samples.source(0));
  EMBRACE_CHECK(cudaGetLastError());
}

void finish_parts(Device& device, std::int64_t samples, DeviceSpan<const float> slopes,
                  DeviceMatrixView<const float> directions, DeviceSpan<const float> lengths,
                  DeviceMatrixView<float> parts) {
  EMBRACE_PHASE("finish parts");
  const int lanes = lanes_for(quads_of(parts.columns));
  const auto kernel = instance_for(lanes, finish_parts_kernel<8>, finish_parts_kernel<16>, finish_parts_kernel<32>);
  kernel<<<blocks_for(parts.rows, threads / lanes), threads, 0, device.stream()>>>(samples, slopes, directions, lengths,
                                                                                   parts);
  EMBRACE_CHECK(cudaGetLastError());
}

void add_penalties(Device& device, double each, DeviceSpan<const float> counts, DeviceMatrixView<const float> table,
                   DeviceMatrixView<float> gradient) {
  EMBRACE_PHASE("penalties");
  const std::int64_t quads = table.rows * quads_of(table.columns);
  add_penalties_kernel<<<blocks_for(quads, threads), threads, 0, device.stream()>>>(each, counts, table, gradient);
  EMBRACE_CHECK(cudaGetLastError());
}

void step_table(Device& device, const AdamStep& step, DeviceMatrixView<const float> gradient,
                DeviceMatrixView<float> table, DeviceMatrixView<float> first_moment,
                DeviceMatrixView<float> second_moment) {
  EMBRACE_PHASE("step");
  const DeviceSpan<float> numbers = all_of(table);
  update_by_adam(device, step, numbers.size, {all_of(gradient), numbers, all_of(first_moment), all_of(second_moment)});
}

}  // namespace embrace::gpu
