// hybrid: one minibatch, forward, backward and update (Kula 2015; Rendle 2010; Adagrad: Duchi et al. 2011):
//   v(slot) = Σ value * row;  a slot is a distinct user, movie or context of the batch
//   score = offset + b_u + b_i + b_c + <q_u, q_i> + <q_c, q_u + q_i>, or of pairs of movies score(u, i) - score(u, j)
//   c = derivative of the sample's loss by it (host/methods/hybrid_loss.hpp)
//   g(user) = Σ c (q_i - q_j + q_c),  g(movie) = Σ ±c (q_u + q_c),  g(context) = Σ c (q_u + q_i), over samples of a
//   slot g(row) = Σ value * g(slot) + penalty * Σ value² samples(slot) * w;   G += g²;   w -= rate * g / sqrt(G)
// Mapping: sums over segments (cuda/math/segments.cuh) for representations, gradients of slots and of rows, all sides
// in one launch; coefficients: a group of lanes a sample, four floats a lane, and one block sum of the losses. Cost a
// batch of n samples, e features of all slots, k factors: 4 k e bytes for the representations, 12 k n for the
// coefficients, 12 k n for the gradients of slots (16 with contexts), 4 k e for those of rows, and 16 k bytes a touched
// row for the update; 2 flops for each 4 bytes. Nearly all of it hits the level 2 cache. Eight launches, and a share of
// those that collect a run of batches: cuda/learning/embedding_table.cu.
#include "cuda/device/phase.hpp"
#include "cuda/learning/adagrad.cuh"
#include "cuda/learning/frozen_vectors.cuh"
#include "cuda/math/softplus.cuh"
#include "cuda/methods/hybrid_kernels.hpp"

namespace embrace::gpu {
namespace {

constexpr int threads = 256;

/// What samples read of a side.
struct Reads {
  DeviceMatrixView<const float> vectors;
  DeviceSpan<const float> bias;
  DeviceSpan<const std::int32_t> slot;  // of the reads of the batch

  __device__ float4 quad(std::int64_t read, std::int64_t k) const { return quad_of(vectors, slot[read], k); }
  __device__ float bias_of(std::int64_t read) const { return bias[slot[read]]; }
};

/// Sample s reads user s, movie s, in a batch of n pairs of movies also movie n + s, and context s.
struct Batch {
  Reads users, items, contexts;
  std::int64_t size;
  bool paired;
  bool with_contexts;
};

Batch batch_of(const HybridBatch& batch) {
  const auto reads = [&](const HybridSide& side, std::int64_t count) {
    return Reads{side.vectors, side.bias, side.slots.slot.part(side.index * side.slots.reads_a_batch, count)};
  };
  return {reads(batch.side[0], batch.size),
          reads(batch.side[1], embrace::is_paired(batch.loss) ? 2 * batch.size : batch.size),
          batch.sides > 2 ? reads(batch.side[2], batch.size) : Reads{},
          batch.size,
          embrace::is_paired(batch.loss),
          batch.sides > 2};
}

/// A sample's loss, and its derivative by the score.
struct LossAt {
  double loss;
  float derivative;
};

/// As embrace::losses.
__device__ LossAt loss_of_score(embrace::Loss loss, float score, float target) {
  switch (loss) {
    case embrace::Loss::squared: {
      const float error = score - target;
      return {0.5 * static_cast<double>(error) * static_cast<double>(error), error};
    }
    case embrace::Loss::logistic:
      return {static_cast<double>(softplus(score) - target * score), 1.0F / (1.0F + expf(-score)) - target};
    case embrace::Loss::bpr:
      return {static_cast<double>(softplus(-score)), -1.0F / (1.0F + expf(score))};
    case embrace::Loss::warp:
      return {target == 0.0F ? 0.0 : static_cast<double>(target * (1.0F - score)), -target};
  }
  return {};
}

__device__ float4 plus(float4 a, float4 b) { return make_float4(a.x + b.x, a.y + b.y, a.z + b.z, a.w + b.w); }
__device__ float4 minus(float4 a, float4 b) { return make_float4(a.x - b.x, a.y - b.y, a.z - b.z, a.w - b.w); }

template <int lanes>
__device__ float single_score(const Batch& batch, float offset, std::int64_t s, int lane) {
  float sum = 0;
  for (std::int64_t k = lane; k < batch.users.vectors.stride / 4; k += lanes) {
    const float4 user = batch.users.quad(s, k), item = batch.items.quad(s, k);
    sum += dot(user, item);
    if (batch.with_contexts) sum += dot(batch.contexts.quad(s, k), plus(user, item));
  }
  sum = group_sum<lanes>(sum);
  const float bias = offset + batch.users.bias_of(s) + batch.items.bias_of(s);
  return bias + (batch.with_contexts ? batch.contexts.bias_of(s) : 0.0F) + sum;
}

/// Difference between the scores of the positive and the sampled movie; the user's bias is in both.
template <int lanes>
__device__ float difference(const Batch& batch, std::int64_t s, int lane) {
  float sum = 0;
  for (std::int64_t k = lane; k < batch.users.vectors.stride / 4; k += lanes) {
    sum += dot(batch.users.quad(s, k), minus(batch.items.quad(s, k), batch.items.quad(batch.size + s, k)));
  }
  return (batch.items.bias_of(s) - batch.items.bias_of(batch.size + s)) + group_sum<lanes>(sum);
}

template <int lanes>
__global__ void __launch_bounds__(threads)
    find_coefficients_kernel(Batch batch, embrace::Loss loss, float offset, DeviceSpan<const float> targets,
                             DeviceSpan<float> coefficients, DeviceSpan<double> losses) {
  __shared__ double scratch[threads / warp_size];
  const std::int64_t sample = (static_cast<std::int64_t>(blockIdx.x) * threads + threadIdx.x) / lanes;
  const int lane = static_cast<int>(threadIdx.x) % lanes;
  const bool active = sample < batch.size;
  const std::int64_t s = active ? sample : 0;  // the others only help with the shuffles
  const float score = batch.paired ? difference<lanes>(batch, s, lane) : single_score<lanes>(batch, offset, s, lane);
  const LossAt at = loss_of_score(loss, score, targets[s]);
  if (active && lane == 0) coefficients[s] = at.derivative;
  const double sum = block_sum<threads>(active && lane == 0 ? at.loss : 0.0, scratch);
  if (threadIdx.x == 0) losses[blockIdx.x] = sum;
}

enum class Role { user, item, context };

/// Gradients of the slots of one side: Σ over their samples.
template <Role role>
struct SlotGradient {
  SegmentsView list;
  std::int64_t batch;
  std::int64_t quads;
  Partials partials;
  Batch samples;
  DeviceSpan<const float> coefficients;
  std::int64_t first_read;
  DeviceSpan<const std::int64_t> batch_slots;
  DeviceMatrixView<float> gradients;
  DeviceSpan<float> bias;

  struct Segment {
    std::int64_t slot;
  };
  __device__ Segment segment(std::uint32_t key) const { return {static_cast<std::int64_t>(key) - batch_slots[batch]}; }
  __device__ void add(const Segment&, Element element, std::int64_t k, Sum& sum) const {
    const std::int64_t read = element.index - first_read;
    const bool negative = read >= samples.size;  // only movies of pairs
    const std::int64_t s = negative ? read - samples.size : read;
    const float coefficient = negative ? -coefficients[s] : coefficients[s];
    if (role != Role::user) add_scaled(coefficient, samples.users.quad(s, k), sum.vector);
    if (role != Role::item) add_scaled(coefficient, samples.items.quad(s, k), sum.vector);
    if (role == Role::user && samples.paired) {
      add_scaled(-coefficient, samples.items.quad(samples.size + s, k), sum.vector);
    } else {
      sum.bias += coefficient;
    }
    if (role != Role::context && samples.with_contexts)
      add_scaled(coefficient, samples.contexts.quad(s, k), sum.vector);
  }
  __device__ void finish(const Segment& segment, std::int64_t k, const Sum& sum) const {
    quad_of(gradients, segment.slot, k) = sum.vector;
    if (k == 0) bias[segment.slot] = sum.bias;
  }
};

void find_coefficients(Device& device, const HybridBatch& batch) {
  EMBRACE_PHASE("coefficients");
  const auto launch = [&](auto kernel) {
    const auto blocks = static_cast<unsigned>(batch.losses.size);
    kernel<<<blocks, threads, 0, device.stream()>>>(batch_of(batch), batch.loss, batch.offset, batch.targets,
                                                    batch.coefficients, batch.losses);
    EMBRACE_CHECK(cudaGetLastError());
  };
  const int lanes = lanes_for(batch.side[0].table.quads());
  launch(lanes == 8    ? find_coefficients_kernel<8>
         : lanes == 16 ? find_coefficients_kernel<16>
                       : find_coefficients_kernel<32>);
}

Represent represent_of(const HybridBatch& batch, std::size_t which) {
  const HybridSide& side = batch.side[which];
  const std::int64_t quads = side.table.quads();
  return {side.slots.entries, side.index,   quads,     {side.partials, quads}, side.table.vectors,
          side.table.bias,    side.vectors, side.bias, side.slots.batch_slots, 1};
}

template <Role role>
SlotGradient<role> gradient_of(const HybridBatch& batch) {
  const HybridSide& side = batch.side[static_cast<std::size_t>(role)];
  const std::int64_t quads = side.table.quads();
  return {side.slots.reads,
          side.index,
          quads,
          {side.partials, quads},
          batch_of(batch),
          batch.coefficients,
          side.index * side.slots.reads_a_batch,
          side.slots.batch_slots,
          side.gradients,
          side.bias_gradients};
}

UpdateRows<Adagrad> update_of(const HybridBatch& batch, std::size_t which) {
  const HybridSide& side = batch.side[which];
  const std::int64_t quads = side.table.quads();
  return {side.slots.readers,
          side.index,
          quads,
          {side.partials, quads},
          {side.gradients, {}, side.bias_gradients},
          side.slots.first,
          side.slots.batch_slots,
          side.table.slice,
          1,
          side.table.rows(),
          {side.rows}};
}

MostSegments most_reads(const HybridBatch& batch) {
  MostSegments most;
  for (const HybridSide& side : batch.side) most.include(side.slots.reads_a_batch, side.vectors.rows);
  return most;
}
MostSegments most_entries(const HybridBatch& batch) {
  MostSegments most;
  for (const HybridSide& side : batch.side) most.include(side.most_entries, side.vectors.rows);
  return most;
}
/// By the row that reads them.
MostSegments most_readers(const HybridBatch& batch) {
  MostSegments most;
  for (const HybridSide& side : batch.side) most.include(side.most_entries, side.table.rows());
  return most;
}

/// A group of 8 lanes a pair.
__global__ void __launch_bounds__(threads)
    add_contexts_kernel(Reads contexts, DeviceMatrixView<const float> users, DeviceMatrixView<const float> items,
                        DeviceSpan<const std::int32_t> user, DeviceSpan<const std::int32_t> item,
                        DeviceSpan<float> out) {
  constexpr int lanes = 8;
  const std::int64_t pair = (static_cast<std::int64_t>(blockIdx.x) * threads + threadIdx.x) / lanes;
  const int lane = static_cast<int>(threadIdx.x) % lanes;
  const bool active = pair < out.size;  // the others only help with the shuffles
  float sum = 0;
  for (std::int64_t k = lane; active && k < users.stride / 4; k += lanes) {
    sum += dot(quad_of(contexts.vectors, pair, k), plus(quad_of(users, user[pair], k), quad_of(items, item[pair], k)));
  }
  sum = group_sum<lanes>(sum);
  if (active && lane == 0) out[pair] += contexts.bias[pair] + sum;
}

}  // namespace

std::int64_t hybrid_loss_blocks(std::int64_t samples, std::int64_t factors) {
  return blocks_for(samples, threads / lanes_for(DeviceMatrix::stride(factors) / 4));
}

std::int64_t hybrid_partials(const Slots::Bounds& bounds, std::int64_t factors) {
  return Partials::size(std::max(bounds.reads, bounds.entries), DeviceMatrix::stride(factors) / 4);
}

void represent(Device& device, const HybridBatch& batch) {
  EMBRACE_PHASE("represent");
  sum_sides(device, batch.sides, most_entries(batch), batch.side[0].table.quads(),
            [&](std::size_t side) { return represent_of(batch, side); });
}

void represent(Device& device, const HybridBatch& batch, std::size_t side) {
  EMBRACE_PHASE("represent");
  sum_segments(device, most_entries(batch), batch.side[side].table.quads(), represent_of(batch, side));
}

void find_slot_gradients(Device& device, const HybridBatch& batch) {
  EMBRACE_PHASE("slot gradients");
  const std::int64_t quads = batch.side[0].table.quads();
  const MostSegments reads = most_reads(batch);
  const auto user = gradient_of<Role::user>(batch);
  const auto item = gradient_of<Role::item>(batch);
  if (batch.sides > 2) {
    sum_segments(device, reads, quads, user, item, gradient_of<Role::context>(batch));
  } else {
    sum_segments(device, reads, quads, user, item);
  }
}

void update_rows(Device& device, const HybridBatch& batch) {
  EMBRACE_PHASE("update rows");
  sum_sides(device, batch.sides, most_readers(batch), batch.side[0].table.quads(),
            [&](std::size_t side) { return update_of(batch, side); });
  for (std::size_t side = 0; side < static_cast<std::size_t>(batch.sides); ++side) {
    update_frozen(device, batch.side[side].frozen, update_of(batch, side));
  }
}

void learn(Device& device, const HybridBatch& batch) {
  find_coefficients(device, batch);
  find_slot_gradients(device, batch);
  update_rows(device, batch);
}

void add_contexts(Device& device, DeviceMatrixView<const float> contexts, DeviceSpan<const float> bias,
                  DeviceMatrixView<const float> users, DeviceMatrixView<const float> items,
                  DeviceSpan<const std::int32_t> user_of_pair, DeviceSpan<const std::int32_t> item_of_pair,
                  DeviceSpan<float> out) {
  EMBRACE_PHASE("contexts");
  if (out.empty()) return;
  add_contexts_kernel<<<blocks_for(out.size, threads / 8), threads, 0, device.stream()>>>(
      {contexts, bias, {}}, users, items, user_of_pair, item_of_pair, out);
  EMBRACE_CHECK(cudaGetLastError());
}

}  // namespace embrace::gpu
