// An epoch of stochastic gradient descent in the order of cuda/methods/sgd_schedule.hpp. One update, for the rating r
// of user u and item i (Koren, Bell, Volinsky 2009; host/methods/sgd.cpp has the same):
//   e = r - mean - b_u - b_i - p_u · q_i
//   p_u += η (e q_i - λ n_u^(ν-1) p_u)   b_u += η (e - λ_b / n_u b_u)   and the same for the item
//
// Conflicts: none. Warps that run at the same time hold different strips of users and of items, so no number has two
// writers between barriers, no atomics are needed, and the result is that of a serial loop.
// Mapping: a launch a round (the work of one outlasts the start of the next) and one to finish the epoch, no host in
//   between. A block a group of strips, a warp a strip of users, whose lanes share the vectors: 1, 2 or 4 neighbouring
//   floats a lane, more than 128 factors in turns of 128. Lane 0 alone holds the biases. Rows of the next rating are
//   fetched while the current one is computed; a row stays in registers as long as it comes again; a group of strips of
//   items stays in the first-level cache for a round (ML-20M, 64 factors: 53 kB).
// Cost of an update: 12 bytes of rating; 16 k of vectors and 32 of biases and decays when neither row comes again, half
//   of both when one does; 6 k flops. Bound by bytes when rows are even. A row of n ratings takes n updates one after
//   another, each as long as five shuffles and two loads of a cache: no schedule without conflicts ends before its
//   largest row does.
#include <array>
#include <string>

#include "cuda/device/phase.hpp"
#include "cuda/math/random.cuh"
#include "cuda/math/reduce.cuh"
#include "cuda/methods/sgd_epoch.hpp"
#include "host/error.hpp"
#include "host/span.hpp"

namespace embrace::gpu {
namespace {

constexpr int warps = static_cast<int>(SgdSchedule::warps);
constexpr int threads = warps * warp_size;
constexpr float largest_factor =
    1e15F;  // as in host/methods/sgd.cpp: far beyond any model, sums of products stay finite

struct Ratings {
  DeviceSpan<const std::int64_t> offsets;
  DeviceSpan<const SgdRating> list;
};

/// A lane's part of a row: `slots` packs of `width` floats, neighbouring lanes holding neighbouring packs.
template <int width, int slots>
struct Row {
  struct alignas(4 * width) Pack {
    float x[width];
  };
  Pack packs[slots];
  SgdDecay decay;
  float bias;  // lane 0 only: what one lane writes the others may not read without a barrier

  __device__ static std::int64_t element(int slot, int lane) { return (slot * warp_size + lane) * width; }

  __device__ void load(const SgdSide& side, std::int64_t row, int lane) {
#pragma unroll
    for (int s = 0; s < slots; ++s) {
      if (element(s, lane) < side.factors.stride) {
        packs[s] = *reinterpret_cast<const Pack*>(side.factors.row(row) + element(s, lane));
      } else {
#pragma unroll
        for (int i = 0; i < width; ++i) packs[s].x[i] = 0;
      }
    }
    decay = side.decay[row];
    if (lane == 0) bias = side.bias[row];
  }

  __device__ void store(const SgdSide& side, std::int64_t row, int lane) const {
#pragma unroll
    for (int s = 0; s < slots; ++s) {
      if (element(s, lane) < side.factors.stride) {
        *reinterpret_cast<Pack*>(side.factors.row(row) + element(s, lane)) = packs[s];
      }
    }
    if (lane == 0) side.bias[row] = bias;
  }
};

/// One update of both rows; returns the error before it, the same in all lanes.
template <int width, int slots>
__device__ float update(Row<width, slots>& p, Row<width, slots>& q, float value, float rate, int lane) {
  float product = 0;
#pragma unroll
  for (int s = 0; s < slots; ++s) {
#pragma unroll
    for (int i = 0; i < width; ++i) product += p.packs[s].x[i] * q.packs[s].x[i];
  }
  const float error = group_sum<warp_size>(lane == 0 ? value - p.bias - q.bias - product : -product);
  const float step = rate * error;
  const float keep_p = 1.0F - rate * p.decay.factors, keep_q = 1.0F - rate * q.decay.factors;
#pragma unroll
  for (int s = 0; s < slots; ++s) {
#pragma unroll
    for (int i = 0; i < width; ++i) {
      const float old_p = p.packs[s].x[i], old_q = q.packs[s].x[i];
      p.packs[s].x[i] = step * old_q + keep_p * old_p;
      q.packs[s].x[i] = step * old_p + keep_q * old_q;
    }
  }
  if (lane == 0) {
    p.bias = (1.0F - rate * p.decay.bias) * p.bias + step;
    q.bias = (1.0F - rate * q.decay.bias) * q.bias + step;
  }
  return error;
}

/// A warp learns from ratings [first, end), beginning with `start` and going around. Returns Σ e².
template <int width, int slots>
__device__ double descend_list(DeviceSpan<const SgdRating> ratings, std::int64_t first, std::int64_t end,
                               std::int64_t start, const SgdSide& users, const SgdSide& items, float rate, int lane) {
  if (first == end) return 0;
  std::int64_t place = start;
  const auto take = [&] {
    const SgdRating rating = ratings[place];
    place = place + 1 == end ? first : place + 1;
    return rating;
  };
  SgdRating now = take(), next = take();
  Row<width, slots> p, q, next_p, next_q;
  p.load(users, now.user, lane);
  q.load(items, now.item, lane);
  double squares = 0;
  for (std::int64_t left = end - first; left > 0; --left) {
    const SgdRating after = take();
    const bool last = left == 1;
    const bool other_user = !last && next.user != now.user, other_item = !last && next.item != now.item;
    // Each lane fetches what itself stored, and never the row at hand: no lane has to wait for another.
    if (other_user) next_p.load(users, next.user, lane);
    if (other_item) next_q.load(items, next.item, lane);
    const float error = update(p, q, now.value, rate, lane);
    squares += static_cast<double>(error) * static_cast<double>(error);
    if (other_user || last) p.store(users, now.user, lane);
    if (other_item || last) q.store(items, now.item, lane);
    if (other_user) p = next_p;
    if (other_item) q = next_q;
    now = next;
    next = after;
  }
  return squares;
}

/// Where the orders of an epoch come from.
struct Orders {
  SgdOrder order;
  DeviceRandom random;
  __device__ std::array<std::uint32_t, 4> draw(std::uint64_t counter) const {
    const uint4 x = random.bits(counter, order.epoch);
    return {x.x, x.y, x.z, x.w};
  }
};

/// A block a group of users' strips, a warp a strip. `squares`: one element a strip, set by the first round.
template <int width, int slots>
__global__ void __launch_bounds__(threads)
    descend_round_kernel(Ratings ratings, SgdSide users, SgdSide items, Orders orders, std::int64_t round, float rate,
                         DeviceSpan<double> squares) {
  const int warp = static_cast<int>(threadIdx.x) / warp_size, lane = static_cast<int>(threadIdx.x) % warp_size;
  const std::int64_t groups = orders.order.groups, strips = orders.order.strips();
  const std::int64_t user_group = blockIdx.x, strip = user_group * warps + warp;
  const std::int64_t shift = SgdOrder::permuted(round, groups, orders.draw(orders.order.counter_of_rounds()));
  const std::int64_t item_group = (user_group + shift) & (groups - 1);
  const auto steps = orders.draw(orders.order.counter_of_pair(user_group, item_group));
  double sum = 0;
  for (int step = 0; step < warps; ++step) {
    const std::int64_t turn = (warp + SgdOrder::permuted(step, warps, steps)) % warps;
    const std::int64_t block = strip * strips + item_group * warps + turn;
    const std::int64_t first = ratings.offsets[block], end = ratings.offsets[block + 1];
    const std::int64_t start = first + SgdOrder::start(end - first, orders.draw(orders.order.counter_of_block(block)));
    sum += descend_list<width, slots>(ratings.list, first, end, start, users, items, rate, lane);
    __syncthreads();  // a strip of items goes to another warp
  }
  if (lane == 0) squares[strip] = round == 0 ? sum : squares[strip] + sum;
}

/// Every factor and bias of a side is a number below the bound; each thread answers for its share.
__device__ bool bounded(const SgdSide& side, std::int64_t thread, std::int64_t all) {
  bool good = true;
  for (std::int64_t i = thread; i < side.factors.rows * side.factors.stride; i += all) {
    good = good && fabsf(side.factors.data[i]) < largest_factor;  // a NaN fails the comparison
  }
  for (std::int64_t i = thread; i < side.bias.size; i += all) good = good && fabsf(side.bias[i]) < largest_factor;
  return good;
}

/// `unbounded` is 0 before. The first block adds the squares as well, in an order of their own.
__global__ void __launch_bounds__(threads)
    finish_epoch_kernel(SgdSide users, SgdSide items, DeviceSpan<const double> squares, DeviceSpan<SgdResult> result) {
  const std::int64_t thread = static_cast<std::int64_t>(blockIdx.x) * threads + threadIdx.x;
  const std::int64_t all = static_cast<std::int64_t>(gridDim.x) * threads;
  const bool good = bounded(users, thread, all) && bounded(items, thread, all);
  if (!good) atomicOr(&result[0].unbounded, 1);
  if (blockIdx.x == 0) {
    __shared__ double scratch[warps];
    double sum = 0;
    for (std::int64_t s = threadIdx.x; s < squares.size; s += threads) sum += squares[s];
    sum = block_sum<threads>(sum, scratch);
    if (threadIdx.x == 0) result[0].squares = sum;
  }
}

__global__ void __launch_bounds__(threads)
    set_decay_kernel(DeviceSpan<const std::int64_t> offsets, double regularization, double nu,
                     double bias_regularization, DeviceSpan<SgdDecay> decay) {
  const std::int64_t row = static_cast<std::int64_t>(blockIdx.x) * threads + threadIdx.x;
  if (row >= decay.size) return;
  const auto n = static_cast<double>(offsets[row + 1] - offsets[row]);
  decay[row] =
      n > 0 ? SgdDecay{static_cast<float>(regularization * pow(n, nu - 1)), static_cast<float>(bias_regularization / n)}
            : SgdDecay{0, 0};
}

template <int width, int slots>
void run_rounds(Device& device, DeviceSgd& sgd, const SgdSide& users, const SgdSide& items, const SgdEpoch& epoch) {
  const Ratings ratings{sgd.offsets.span(), sgd.ratings.span()};
  const Orders orders{{sgd.groups, epoch.epoch}, DeviceRandom(epoch.seed, Stream::shuffle)};
  for (std::int64_t round = 0; round < sgd.groups; ++round) {
    descend_round_kernel<width, slots><<<static_cast<unsigned>(sgd.groups), threads, 0, device.stream()>>>(
        ratings, users, items, orders, round, epoch.rate, sgd.squares.span());
    EMBRACE_CHECK(cudaGetLastError());
  }
}

}  // namespace

DeviceSgd::DeviceSgd(Device& device, const SgdSchedule& schedule)
    : groups(schedule.groups),
      offsets(device, Span(schedule.offsets)),
      ratings(device, Span(schedule.ratings)),
      squares(device, schedule.strips()),
      result(device, 1) {}

std::int64_t DeviceSgd::bytes(std::int64_t groups, std::int64_t ratings) {
  const std::int64_t strips = groups * SgdSchedule::warps;
  return 8 * (strips * strips + 1) + static_cast<std::int64_t>(sizeof(SgdRating)) * ratings + 8 * strips +
         static_cast<std::int64_t>(sizeof(SgdResult));
}

void set_sgd_decay(Device& device, DeviceSpan<const std::int64_t> offsets, double regularization, double nu,
                   double bias_regularization, DeviceSpan<SgdDecay> decay) {
  if (decay.empty()) return;
  set_decay_kernel<<<blocks_for(decay.size, threads), threads, 0, device.stream()>>>(offsets, regularization, nu,
                                                                                     bias_regularization, decay);
  EMBRACE_CHECK(cudaGetLastError());
}

SgdResult descend(Device& device, DeviceSgd& sgd, const SgdSide& users, const SgdSide& items, const SgdEpoch& epoch) {
  EMBRACE_PHASE("descend");
  const std::int64_t factors = users.factors.columns;
  if (factors <= 32) {
    run_rounds<1, 1>(device, sgd, users, items, epoch);
  } else if (factors <= 64) {
    run_rounds<2, 1>(device, sgd, users, items, epoch);
  } else if (factors <= 128) {
    run_rounds<4, 1>(device, sgd, users, items, epoch);
  } else if (factors <= 256) {
    run_rounds<4, 2>(device, sgd, users, items, epoch);
  } else if (factors <= 512) {
    run_rounds<4, 4>(device, sgd, users, items, epoch);
  } else if (factors <= 1024) {
    run_rounds<4, 8>(device, sgd, users, items, epoch);
  } else {
    throw Unsupported("sgd on a device takes up to 1024 factors, not " + std::to_string(factors));
  }
  sgd.result.clear();
  constexpr std::int64_t elements_a_thread = 16;
  const std::int64_t elements = (users.factors.rows + items.factors.rows) * users.factors.stride;
  finish_epoch_kernel<<<blocks_for(elements, threads * elements_a_thread), threads, 0, device.stream()>>>(
      users, items, sgd.squares.span(), sgd.result.span());
  EMBRACE_CHECK(cudaGetLastError());
  return sgd.result.download()[0];
}

}  // namespace embrace::gpu
