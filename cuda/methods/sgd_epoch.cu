// An epoch of stochastic gradient descent in the order of cuda/methods/sgd_schedule.hpp. One update, for the rating r
// of user u and item i (Koren, Bell, Volinsky 2009; host/methods/sgd.cpp has the same):
//   e = r - mean - b_u - b_i - p_u · q_i
//   p_u += η (e q_i - λ n_u^(ν-1) p_u)   b_u += η (e - λ_b / n_u b_u)   and the same for the item
//
// Conflicts: none. Warps that run at the same time hold different strips of users and of items, so no number has two
// writers between barriers, no atomics are needed, and the result is that of a serial loop.
// Mapping: a launch a round (the work of one outlasts the start of the next) and one to finish the epoch, no host in
//   between. A block a group of strips, a warp a strip of users, whose lanes share the vectors: 1, 2 or 4 neighbouring
//   floats a lane, more than 128 factors in turns of 128. Lane 0 alone holds the biases. Ratings are fetched two ahead,
//   rows one ahead, and three ratings take turns in three sets of registers: to move one that is being fetched would be
//   to wait for it. A row stays in registers as long as it comes again; a group of strips of items stays in the
//   first-level cache for a round (ML-20M, 64 factors: 53 kB).
// Cost of an update: 16 bytes of rating; 16 k of vectors and 32 of biases and decays when neither row comes again, half
//   of both when one does; 6 k flops. A warp is alone with its updates, so its instructions count before its bytes; how
//   many an update takes is in tests/golden/counts.md, and a tenth of them would be k = 64's arithmetic. A row of n
//   ratings takes n updates one after another, each as long as five shuffles and what of two loads they do not hide: no
//   schedule without conflicts ends before its largest row does.
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

/// begin + number · bytes, of 32 bits each: one instruction of PTX. Left to itself the compiler multiplies 64 bits by
/// 64, and adds up the parts of an address anew for each access.
template <typename T>
__device__ T* element_at(T* begin, std::uint32_t number, std::uint32_t bytes) {
  std::uint64_t address;
  asm("mad.wide.u32 %0, %1, %2, %3;" : "=l"(address) : "r"(number), "r"(bytes), "l"(__cvta_generic_to_global(begin)));
  return static_cast<T*>(__cvta_global_to_generic(address));
}

/// A side as kernels take it: where a row is, is one multiplication of 32 bits by 32.
struct Side {
  char* factors;
  const SgdDecay* decay;
  float* bias;
  std::uint32_t row_bytes;

  explicit Side(const SgdSide& side)
      : factors(reinterpret_cast<char*>(side.factors.data)),
        decay(side.decay.data),
        bias(side.bias.data),
        row_bytes(static_cast<std::uint32_t>(side.factors.stride) * std::uint32_t{sizeof(float)}) {}
};

/// A lane's part of a row: `slots` packs of `width` floats, neighbouring lanes holding neighbouring packs.
template <int width, int slots>
struct Row {
  struct alignas(4 * width) Pack {
    float x[width];
  };
  static constexpr std::uint32_t slot_bytes = warp_size * sizeof(Pack);
  Pack packs[slots];
  SgdDecay decay;
  float bias;  // lane 0 only: what one lane writes the others may not read without a barrier

  /// A side as a lane sees it.
  struct Place {
    Pack* first;  // the lane's part of row 0
    const SgdDecay* decay;
    float* bias;
    std::uint32_t row_bytes;
    std::uint32_t bytes;  // of a row, from the lane's part on; 0 when the row ends before
    bool first_lane;

    __device__ Place(const Side& side, std::uint32_t lane)
        : first(reinterpret_cast<Pack*>(side.factors) + lane),
          decay(side.decay),
          bias(side.bias),
          row_bytes(side.row_bytes),
          bytes(side.row_bytes > lane * sizeof(Pack) ? side.row_bytes - lane * sizeof(Pack) : 0),
          first_lane(lane == 0) {}
    __device__ Pack* row(std::uint32_t number) const { return element_at(first, number, row_bytes); }
    __device__ bool has(int slot) const { return static_cast<std::uint32_t>(slot) * slot_bytes < bytes; }
  };

  __device__ void load(const Place& side, std::uint32_t row) {
    const Pack* from = side.row(row);
#pragma unroll
    for (int s = 0; s < slots; ++s) {
      packs[s] = Pack{};
      if (side.has(s)) packs[s] = from[s * warp_size];
    }
    decay = *element_at(side.decay, row, sizeof(SgdDecay));
    bias = side.first_lane ? *element_at(side.bias, row, sizeof(float)) : 0.0F;
  }

  __device__ void store(const Place& side, std::uint32_t row) const {
    Pack* to = side.row(row);
#pragma unroll
    for (int s = 0; s < slots; ++s) {
      if (side.has(s)) to[s * warp_size] = packs[s];
    }
    if (side.first_lane) *element_at(side.bias, row, sizeof(float)) = bias;
  }
};

/// One update of both rows; returns the error before it, the same in all lanes.
template <int width, int slots>
__device__ float update(Row<width, slots>& p, Row<width, slots>& q, float value, float rate, bool first_lane) {
  float product = 0;
#pragma unroll
  for (int s = 0; s < slots; ++s) {
#pragma unroll
    for (int i = 0; i < width; ++i) product += p.packs[s].x[i] * q.packs[s].x[i];
  }
  const float error = group_sum<warp_size>(first_lane ? value - p.bias - q.bias - product : -product);
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
  // In the other lanes a number that nobody reads: cheaper than a branch.
  p.bias = (1.0F - rate * p.decay.bias) * p.bias + step;
  q.bias = (1.0F - rate * q.decay.bias) * q.bias + step;
  return error;
}

/// A warp at work on a list of ratings, the rows of the one at hand in registers.
template <int width, int slots>
class Descent {
 public:
  __device__ Descent(const Side& users, const Side& items, float rate, int lane)
      : users_(users, static_cast<std::uint32_t>(lane)), items_(items, static_cast<std::uint32_t>(lane)), rate_(rate) {}

  /// Learns from all `size` ratings, beginning with `start` and going around. Returns Σ e².
  __device__ double learn(const SgdRating* list, std::uint32_t size, std::uint32_t start) {
    if (size == 0) return 0;
    list_ = reinterpret_cast<const int4*>(list);
    size_ = size;
    place_ = start;
    int4 a = take(), b = take(), c;
    p_.load(users_, row(a.x));
    q_.load(items_, row(a.y));
    double squares = 0;
    std::uint32_t left = size;
    // Three ratings take turns in being the one at hand, the next, and the one after: no register is moved, which would
    // wait for what is being fetched.
    for (; left > 3; left -= 3) {
      c = take();
      float sum = step(a, b);
      a = take();
      sum += step(b, c);
      b = take();
      sum += step(c, a);
      squares += static_cast<double>(sum);
    }
    c = take();
    float sum = 0;
    if (left > 1) sum += step(a, b);
    if (left > 2) sum += step(b, c);
    const int4 last = left == 1 ? a : left == 2 ? b : c;
    sum += square(update(p_, q_, __int_as_float(last.z), rate_, users_.first_lane));
    p_.store(users_, row(last.x));
    q_.store(items_, row(last.y));
    return squares + static_cast<double>(sum);
  }

 private:
  __device__ static std::uint32_t row(int number) { return static_cast<std::uint32_t>(number); }
  __device__ static float square(float x) { return x * x; }

  /// An SgdRating in one load.
  __device__ int4 take() {
    const int4 rating = *element_at(list_, place_, sizeof(int4));
    place_ = place_ + 1 == size_ ? 0 : place_ + 1;
    return rating;
  }

  /// Learns from `now`, fetches the rows of `next` meanwhile; returns e².
  __device__ float step(int4 now, int4 next) {
    const bool other_user = next.x != now.x, other_item = next.y != now.y;
    Row<width, slots> next_p, next_q;
    // Each lane fetches what itself stored, and never the row at hand: no lane has to wait for another.
    if (other_user) next_p.load(users_, row(next.x));
    if (other_item) next_q.load(items_, row(next.y));
    const float error = update(p_, q_, __int_as_float(now.z), rate_, users_.first_lane);
    const Row<width, slots> old_p = p_, old_q = q_;
    if (other_user) p_ = next_p;
    if (other_item) q_ = next_q;
    if (other_user) old_p.store(users_, row(now.x));
    if (other_item) old_q.store(items_, row(now.y));
    return square(error);
  }

  typename Row<width, slots>::Place users_, items_;
  float rate_;
  const int4* list_ = nullptr;
  std::uint32_t size_ = 0, place_ = 0;
  Row<width, slots> p_, q_;
};

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
__global__ void __launch_bounds__(threads,
                                  slots == 1 ? 2 : 1)  // no more: a grid has at most two blocks a multiprocessor
    descend_round_kernel(Ratings ratings, Side users, Side items, Orders orders, std::int64_t round, float rate,
                         DeviceSpan<double> squares) {
  const int warp = static_cast<int>(threadIdx.x) / warp_size, lane = static_cast<int>(threadIdx.x) % warp_size;
  const std::int64_t groups = orders.order.groups, strips = orders.order.strips();
  const std::int64_t user_group = blockIdx.x, strip = user_group * warps + warp;
  const std::int64_t shift = SgdOrder::permuted(round, groups, orders.draw(orders.order.counter_of_rounds()));
  const std::int64_t item_group = (user_group + shift) & (groups - 1);
  const auto steps = orders.draw(orders.order.counter_of_pair(user_group, item_group));
  Descent<width, slots> descent(users, items, rate, lane);
  double sum = 0;
  for (int step = 0; step < warps; ++step) {
    const std::int64_t turn = (warp + SgdOrder::permuted(step, warps, steps)) % warps;
    const std::int64_t block = strip * strips + item_group * warps + turn;
    const std::int64_t first = ratings.offsets[block], size = ratings.offsets[block + 1] - first;
    const std::int64_t start = SgdOrder::start(size, orders.draw(orders.order.counter_of_block(block)));
    sum +=
        descent.learn(ratings.list.data + first, static_cast<std::uint32_t>(size), static_cast<std::uint32_t>(start));
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
        ratings, Side(users), Side(items), orders, round, epoch.rate, sgd.squares.span());
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
