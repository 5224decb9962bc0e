// A batch of n items in groups of 256 and more, k factors; a group G draws 128 items D. With X the vectors of items, Y
// those of contexts (Mikolov et al. 2013, equation 4; Barkan and Koenigstein 2016, sections 2 and 3)
//   push  S = X_G Y_Dᵀ and, in their place, P = each · sigmoid(S), each = negatives · (items of the basket - 1) / 128;
//         parts P Y_D of items, Pᵀ X_G of what is drawn; the loss is each · log(1 + e^S)
//   pull  s = <x_i, y_j> of items i != j of a basket, of slope -sigmoid(-s) and loss log(1 + e^-s);
//         parts Σ_j -sigmoid(-<x_i, y_j>) y_j of i, which are added, and Σ_j -sigmoid(-<x_j, y_i>) x_j of i as context
// The products of push are cuBLAS's, all groups at once: groups are of nearly one size when the window is small.
// Baskets are small and of many sizes, down to two items: their products are made where they are used.
// Mapping of pull: a group of lanes an item i, which holds x_i, y_i and both sums in registers, up to 8 · 32 quads, and
//   goes through its basket in order; for each j it reads two rows, from the level 1 cache but for the first of its
//   block. Each score is made twice, once for either sum, so that nobody waits for another and sums have an order.
//   Lanes of even number end with the score of one sum, the others with that of the other: one exponential for both.
//   Lanes of a warp go on until its largest basket ends.
// Mapping of the rest: a warp a row of scores, a quad a lane; a thread a quad of what is copied; sums over the parts of
//   a row of the table by cuda/learning/node_sums.hpp, in the order of the parts. Losses are added by block, in double;
//   a block has a place of its own for all batches of an epoch.
// Cost: of push 6 · 128 · k flops an item in cuBLAS, 1 KiB of scores read and written, 128 exponentials; of pull
//   8 · window · k flops, 8 · window · k bytes from the caches and two exponentials a context; 36 k bytes of parts,
//   their sums and vectors. At 15,630 items a batch, 64 factors and a window of 20 pull meets 313 thousand pairs, some
//   35 warp instructions each, and push is 0.8 Gflop; its scores, 8 MiB, stay in the level 2 cache. Adam's step moves
//   56 bytes for each number of an item's vector, whatever the batch.
#include "cuda/methods/item2vec_kernels.hpp"

#include "cuda/device/phase.hpp"
#include "cuda/learning/user_batches.cuh"
#include "cuda/math/quads.cuh"
#include "cuda/math/random.cuh"
#include "cuda/math/softplus.cuh"

namespace embrace::gpu {
namespace {

constexpr int threads = 256;
constexpr int warps = threads / warp_size;
constexpr std::int64_t drawn_items = Item2VecBatch::drawn_items;
static_assert(drawn_items == 4 * warp_size, "a row of scores is a quad a lane");

__device__ std::int64_t thread_index() { return static_cast<std::int64_t>(blockIdx.x) * threads + threadIdx.x; }

/// Of a row of the groups, the place of its item among those of the epoch; -1 where a group has no more.
__device__ std::int64_t item_place(const Item2VecBatch& batch, std::int64_t row) {
  if (row >= batch.rows()) return -1;
  const std::int64_t group = row / batch.room, place = batch.begins[group] + row % batch.room;
  return place < batch.begins[group + 1] ? place : -1;
}

/// As embrace::NegativeItems::draw.
__device__ std::int32_t draw_item(const NegativesView& negatives, std::uint64_t number) {
  const std::int64_t last = negatives.up_to.size - 1;
  const double at = DeviceRandom(negatives.seed, Stream::sampling).uniform(number) * negatives.up_to[last];
  std::int64_t low = 0, high = last;  // the last one stands for what is beyond all
  while (low < high) {
    const std::int64_t middle = low + (high - low) / 2;
    if (negatives.up_to[middle] > at) {
      high = middle;
    } else {
      low = middle + 1;
    }
  }
  return negatives.items[low];
}

/// A thread a row of the groups, then one a drawn item.
__global__ void __launch_bounds__(threads)
    list_parts_kernel(Item2VecBatch batch, std::int64_t items, NegativesView negatives, PartList lists) {
  const std::int64_t t = thread_index(), rows = batch.rows(), n = batch.size;
  if (t == 0) {
    lists.ends[0] = 0;
    lists.ends[1] = lists.nodes.size;
  }
  if (t < rows) {
    const std::int64_t place = item_place(batch, t), p = place - batch.first;
    if (place < 0) return;
    const std::int32_t item = batch.baskets.items[place];
    lists.nodes[p] = static_cast<std::uint32_t>(item);
    lists.nodes[n + p] = static_cast<std::uint32_t>(items + item);
    lists.elements[p] = {static_cast<std::int32_t>(t), 0.0F};
    lists.elements[n + p] = {static_cast<std::int32_t>(rows + t), 0.0F};
  } else if (t - rows < batch.drawn()) {
    const std::int64_t d = t - rows;
    const std::int32_t item = draw_item(negatives, static_cast<std::uint64_t>(batch.number * drawn_items + d));
    lists.nodes[2 * n + d] = static_cast<std::uint32_t>(items + item);
    lists.elements[2 * n + d] = {static_cast<std::int32_t>(2 * rows + d), 0.0F};
  }
}

/// A thread a quad.
__global__ void __launch_bounds__(threads)
    take_in_kernel(Item2VecBatch batch, DeviceMatrixView<const float> table, DeviceSpan<const std::uint32_t> listed,
                   DeviceMatrixView<float> vectors, DeviceMatrixView<float> drawn) {
  const std::int64_t quads = table.stride / 4, row = thread_index() / quads, quad = thread_index() % quads;
  if (row < batch.rows()) {
    const std::int64_t place = item_place(batch, row);
    quad_of(vectors, row, quad) =
        place < 0 ? make_float4(0, 0, 0, 0) : quad_of(table, batch.baskets.items[place], quad);
  } else if (row - batch.rows() < batch.drawn()) {
    const std::int64_t d = row - batch.rows();
    quad_of(drawn, d, quad) = quad_of(table, listed[2 * batch.size + d], quad);
  }
}

/// d/dx log(1 + exp(x)) without overflow.
__device__ float sigmoid(float x) { return 1.0F / (1.0F + expf(-x)); }

/// A score becomes `each` times a derivative; returns the loss.
__device__ float push(float each, float& score) {
  const float loss = softplus(score);
  score = each * sigmoid(score);
  return loss;
}

/// Of the item at a place, how many others its basket has.
__device__ std::int64_t contexts_of(const BasketsView& baskets, std::int64_t place) {
  const std::int64_t basket = baskets.basket[place];
  return baskets.begins[basket + 1] - baskets.begins[basket] - 1;
}

/// A warp a row.
__global__ void __launch_bounds__(threads)
    push_away_kernel(Item2VecBatch batch, double negatives, DeviceMatrixView<float> scores, DeviceSpan<double> losses) {
  __shared__ double scratch[warps];
  const std::int64_t row = warp_index<threads>(), place = item_place(batch, row);
  double loss = 0;
  if (place >= 0) {  // a whole warp
    const double each =
        negatives * static_cast<double>(contexts_of(batch.baskets, place)) / static_cast<double>(drawn_items);
    const auto weight = static_cast<float>(each);
    float4 score = quad_of(scores, row, lane_index());
    const float first = push(weight, score.x) + push(weight, score.y);
    const float sum = group_sum<warp_size>(first + (push(weight, score.z) + push(weight, score.w)));
    quad_of(scores, row, lane_index()) = score;
    if (lane_index() == 0) loss = each * static_cast<double>(sum);
  }
  loss = block_sum<threads>(loss, scratch);
  if (threadIdx.x == 0) losses[blockIdx.x] += loss;
}

/// The largest over the lanes of a warp, given to all of them.
__device__ int warp_largest(int value) {
#pragma unroll
  for (int step = warp_size / 2; step > 0; step /= 2) value = max(value, __shfl_xor_sync(all_lanes, value, step));
  return value;
}

/// Two sums over a group of lanes: `a` given to those of even number, `b` to the others. All 32 lanes must call it.
template <int lanes>
__device__ float group_sum_of_two(float a, float b, bool odd) {
  float sum = (odd ? b : a) + __shfl_xor_sync(all_lanes, odd ? a : b, 1);
#pragma unroll
  for (int step = lanes / 2; step > 1; step /= 2) sum += __shfl_xor_sync(all_lanes, sum, step);
  return sum;
}

/// log(1 + exp(-x)) and its slope, by one exponential.
struct Pull {
  float loss, slope;
};
__device__ Pull pull(float x) {
  const float e = expf(-fabsf(x));
  return {fmaxf(-x, 0.0F) + log1pf(e), -(x < 0 ? 1.0F : e) / (1.0F + e)};
}

/// What a lane has of the rows of an item: as itself and as a context.
template <int quads_a_lane>
struct ItemRows {
  float4 vector[quads_a_lane], context[quads_a_lane];
};

/// Blocks of a multiprocessor for which the compiler need not spill.
constexpr int pulling_blocks(int quads_a_lane) { return quads_a_lane <= 1 ? 4 : quads_a_lane <= 2 ? 3 : 1; }

/// A group of lanes an item.
template <int lanes, int quads_a_lane>
__global__ void __launch_bounds__(threads, pulling_blocks(quads_a_lane))
    pull_together_kernel(Item2VecBatch batch, Item2VecTable table, DeviceMatrixView<float> parts,
                         DeviceSpan<double> losses) {
  __shared__ double scratch[warps];
  const std::int64_t row = thread_index() / lanes, place = item_place(batch, row), quads = table.rows.stride / 4;
  const int lane = static_cast<int>(threadIdx.x) % lanes;
  const bool odd = lane % 2 != 0;  // even lanes have the scores of the item, the others those of the item as a context
  const auto for_quads = [&](const auto& act) {
#pragma unroll
    for (int j = 0; j < quads_a_lane; ++j) {
      const std::int64_t quad = j * lanes + lane;
      if (quad < quads) act(j, quad);
    }
  };
  std::int64_t begin = 0;
  int size = 0;
  if (place >= 0) {
    begin = batch.baskets.begins[batch.baskets.basket[place]];
    size = static_cast<int>(contexts_of(batch.baskets, place)) + 1;
  }
  const std::int64_t item = place >= 0 ? batch.baskets.items[place] : 0;  // the others only help with the shuffles
  const auto* vectors = reinterpret_cast<const float4*>(table.rows.data);
  const float4* contexts = vectors + table.items() * quads;
  ItemRows<quads_a_lane> own, gradient;
  for_quads([&](int j, std::int64_t quad) {
    own.vector[j] = vectors[item * quads + quad];
    own.context[j] = contexts[item * quads + quad];
    gradient.vector[j] = gradient.context[j] = make_float4(0, 0, 0, 0);
  });
  float loss = 0;
  const int most = warp_largest(size);
  for (int c = 0; c < most; ++c) {
    const bool met = c < size && begin + c != place;  // an item is no context of itself
    const std::int64_t other = met ? batch.baskets.items[begin + c] : item;
    ItemRows<quads_a_lane> with;
    float forward = 0, backward = 0;
    for_quads([&](int j, std::int64_t quad) {
      with.vector[j] = vectors[other * quads + quad];
      with.context[j] = contexts[other * quads + quad];
      forward += dot(own.vector[j], with.context[j]);
      backward += dot(with.vector[j], own.context[j]);
    });
    const Pull own_score = pull(group_sum_of_two<lanes>(forward, backward, odd));
    const float other_slope = __shfl_xor_sync(all_lanes, own_score.slope, 1);
    if (met) {
      loss += own_score.loss;
      const float by_forward = odd ? other_slope : own_score.slope, by_backward = odd ? own_score.slope : other_slope;
      for_quads([&](int j, std::int64_t) {
        add_scaled(by_forward, with.context[j], gradient.vector[j]);
        add_scaled(by_backward, with.vector[j], gradient.context[j]);
      });
    }
  }
  if (place >= 0) {
    for_quads([&](int j, std::int64_t quad) {
      add_scaled(1.0F, gradient.vector[j], quad_of(parts, row, quad));
      quad_of(parts, batch.rows() + row, quad) = gradient.context[j];
    });
  }
  const double sum = block_sum<threads>(lane == 0 ? static_cast<double>(loss) : 0.0, scratch);
  if (threadIdx.x == 0) losses[blockIdx.x] += sum;
}

__device__ float4 over(float4 x, float length) {
  return length > 0 ? make_float4(x.x / length, x.y / length, x.z / length, x.w / length) : make_float4(0, 0, 0, 0);
}

/// A warp an item.
__global__ void __launch_bounds__(threads)
    represent_items_kernel(bool cosines, Item2VecTable table, DeviceMatrixView<float> known,
                           DeviceMatrixView<float> scored) {
  const std::int64_t item = warp_index<threads>(), quads = known.stride / 4;
  if (item >= known.rows) return;  // a whole warp
  float squares = 0;
  for (std::int64_t k = lane_index(); k < quads; k += warp_size) {
    const float4 x = quad_of(table.rows, item, k);
    squares += dot(x, x);
  }
  const float length = cosines ? sqrtf(group_sum<warp_size>(squares)) : 1.0F;
  for (std::int64_t k = lane_index(); k < quads; k += warp_size) {
    const float4 vector = over(quad_of(table.rows, item, k), length);
    quad_of(known, item, k) = vector;
    quad_of(scored, item, k) = cosines ? vector : quad_of(table.rows, table.items() + item, k);
  }
}

/// A thread a quad.
__global__ void __launch_bounds__(threads)
    fill_in_kernel(DeviceSpan<const float> shares, DeviceMatrixView<const float> mean,
                   DeviceMatrixView<float> vectors) {
  const std::int64_t quads = vectors.stride / 4, row = thread_index() / quads, k = thread_index() % quads;
  if (row < vectors.rows && shares[row] == 0.0F) quad_of(vectors, row, k) = quad_of(mean, 0, k);
}

struct StoreMean {
  DeviceCsrView rows;
  DeviceMatrixView<float> out;

  __device__ void operator()(std::int64_t, std::int64_t user, std::int64_t quad, float4 sum) const {
    float4 mean = make_float4(0, 0, 0, 0);
    add_scaled(1.0F / static_cast<float>(rows.size(user)), sum, mean);
    quad_of(out, user, quad) = mean;
  }
};

}  // namespace

void list_parts(Device& device, const Item2VecBatch& batch, std::int64_t items, const NegativesView& negatives,
                const PartList& lists) {
  EMBRACE_PHASE("list parts");
  list_parts_kernel<<<blocks_for(batch.rows() + batch.drawn(), threads), threads, 0, device.stream()>>>(
      batch, items, negatives, lists);
  EMBRACE_CHECK(cudaGetLastError());
}

void take_in(Device& device, const Item2VecBatch& batch, const Item2VecTable& table,
             DeviceSpan<const std::uint32_t> listed, DeviceMatrixView<float> vectors, DeviceMatrixView<float> drawn) {
  EMBRACE_PHASE("take in");
  const std::int64_t quads = (batch.rows() + batch.drawn()) * (table.rows.stride / 4);
  take_in_kernel<<<blocks_for(quads, threads), threads, 0, device.stream()>>>(batch, table.rows, listed, vectors,
                                                                              drawn);
  EMBRACE_CHECK(cudaGetLastError());
}

std::int64_t item2vec_loss_blocks(std::int64_t rows) { return blocks_for(rows, warps); }

void push_away(Device& device, const Item2VecBatch& batch, double negatives, DeviceMatrixView<float> scores,
               DeviceSpan<double> losses) {
  EMBRACE_PHASE("push away");
  push_away_kernel<<<blocks_for(batch.rows(), warps), threads, 0, device.stream()>>>(batch, negatives, scores, losses);
  EMBRACE_CHECK(cudaGetLastError());
}

void pull_together(Device& device, const Item2VecBatch& batch, const Item2VecTable& table,
                   DeviceMatrixView<float> parts, DeviceSpan<double> losses) {
  EMBRACE_PHASE("pull together");
  const auto launch = [&](int lanes, auto kernel) {
    kernel<<<blocks_for(batch.rows(), threads / lanes), threads, 0, device.stream()>>>(batch, table, parts, losses);
    EMBRACE_CHECK(cudaGetLastError());
  };
  const std::int64_t quads = table.rows.stride / 4;
  if (quads <= 8) return launch(8, pull_together_kernel<8, 1>);
  if (quads <= 16) return launch(16, pull_together_kernel<16, 1>);
  if (quads <= 32) return launch(32, pull_together_kernel<32, 1>);
  if (quads <= 64) return launch(32, pull_together_kernel<32, 2>);
  if (quads <= 128) return launch(32, pull_together_kernel<32, 4>);
  launch(32, pull_together_kernel<32, 8>);
}

void represent_items(Device& device, bool cosines, const Item2VecTable& table, DeviceMatrixView<float> known,
                     DeviceMatrixView<float> scored) {
  EMBRACE_PHASE("represent");
  represent_items_kernel<<<blocks_for(known.rows, warps), threads, 0, device.stream()>>>(cosines, table, known, scored);
  EMBRACE_CHECK(cudaGetLastError());
}

void fill_in(Device& device, DeviceSpan<const float> shares, DeviceMatrixView<const float> mean,
             DeviceMatrixView<float> vectors) {
  EMBRACE_PHASE("represent");
  const std::int64_t quads = vectors.rows * (vectors.stride / 4);
  fill_in_kernel<<<blocks_for(quads, threads), threads, 0, device.stream()>>>(shares, mean, vectors);
  EMBRACE_CHECK(cudaGetLastError());
}

void average(Device& device, const UserRows& rows, DeviceMatrixView<const float> known, DeviceMatrixView<float> users) {
  EMBRACE_PHASE("represent");
  const DeviceCsrView items = rows.items.view();
  sum_histories(device, items, rows.users.span(), known, KeepAll{}, StoreMean{items, users});
}

}  // namespace embrace::gpu
