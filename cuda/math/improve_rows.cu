// Steps of conjugate gradients (Hestenes and Stiefel 1952) as host/math/conjugate_gradients.hpp makes them, from the
// row's last vector, on
//   A x = Σ y + ridge f,  A d = Σ y (y · d) + ridge d + α G d
// Mapping: a warp a row of up to 128 ratings, a block of four warps one of up to 2048. Eight lanes hold a vector, every
// eighth float4 each; four such groups take four ratings at a time, or rows of G, which lies in shared memory. All
// groups hold the vectors of the iteration, in registers, so that steps of a warp need no barrier and its scalars three
// shuffles each. There, too, lie the vectors of the first ratings, 64 a warp and 32 beyond 64 factors: they are
// gathered once, those of the others for every sum. The first sum gives Σ y and A x. Groups, then warps, are added in a
// fixed order.
// Cost of a row of n ratings and s steps for k factors: n (4 k + 4) bytes where all are kept, (s + 1) (4 n k + 2 k²)
// flops. Bound by instructions: for 64 factors some 10 a rating in the first sum, 6 in each other, and 300 a step.
#include "cuda/math/improve_rows.hpp"

#include <algorithm>

#include "cuda/math/conjugate_gradients.cuh"
#include "cuda/math/quads.cuh"

namespace embrace::gpu {
namespace {

constexpr int threads = 128;
constexpr int lanes = 8;                      // a rating
constexpr int together = warp_size / lanes;   // ratings of a warp at a time
constexpr std::int64_t most_of_a_warp = 128;  // ratings
constexpr int block_warps = threads / warp_size;

/// A lane has `fours` float4 of a vector; a warp keeps the vectors of `rounds` times four ratings.
template <int fours_, int rounds_>
struct Kept {
  static constexpr int fours = fours_, rounds = rounds_;
  static constexpr int width = 4 * lanes * fours;  // of a vector, with zeros behind its end
};
/// Who improves a row.
struct Warp {
  static constexpr int warps = 1;
};
struct Block {
  static constexpr int warps = block_warps;
};

/// Shared memory of a block.
template <int width>
struct Memory {
  float4 gram[width][width / 4];
  float4 direction[block_warps][width / 4];  // times α
  float4 parts[2][block_warps][width / 4];   // of sums over warps: two, of which one may still be read
};

__device__ float sum_over_groups(float value) {
#pragma unroll
  for (int step = lanes; step < warp_size; step *= 2) value += __shfl_xor_sync(all_lanes, value, step);
  return value;
}

/// A lane's part of a vector.
template <int fours>
struct Part {
  float4 of[fours];

  __device__ void clear() {
#pragma unroll
    for (int i = 0; i < fours; ++i) of[i] = make_float4(0, 0, 0, 0);
  }
  /// += a y
  __device__ void add(float a, const Part& y) {
#pragma unroll
    for (int i = 0; i < fours; ++i) add_scaled(a, y.of[i], of[i]);
  }
  /// Of whole vectors, in all lanes.
  __device__ float times(const Part& y) const {
    float sum = 0;
#pragma unroll
    for (int i = 0; i < fours; ++i) {
      sum += of[i].x * y.of[i].x;
      sum += of[i].y * y.of[i].y;
      sum += of[i].z * y.of[i].z;
      sum += of[i].w * y.of[i].w;
    }
    return group_sum<lanes>(sum);
  }
};

/// A row in the hands of a warp, or of one of four.
template <typename Team, typename K>
class Row {
 public:
  using Vector = Part<K::fours>;

  __device__ Row(const ImplicitSystems& systems, const DeviceCsrView& rows, std::int32_t row, Memory<K::width>& memory)
      : memory_(memory),
        fixed_(reinterpret_cast<const char*>(systems.fixed.data)),
        columns_(rows.indices.data + rows.begin(row)),
        pitch_(systems.fixed.stride * static_cast<std::int64_t>(sizeof(float))),
        count_(static_cast<int>(rows.size(row))),
        quads_(static_cast<int>(systems.fixed.stride) / 4),
        alpha_(systems.alpha),
        own_(threadIdx.x / warp_size),
        group_(threadIdx.x % warp_size / lanes),
        member_(threadIdx.x % lanes) {
    // A lane looks up a column or two for all, so that no vector waits for the address of the one before.
    constexpr int kept = K::rounds * together, looked_up = kept / warp_size;
    static_assert(kept % warp_size == 0);
    std::int32_t column[looked_up];
#pragma unroll
    for (int n = 0; n < looked_up; ++n) {
      const unsigned mine = n * warp_size + threadIdx.x % warp_size;
      const int rating = static_cast<int>(mine / together * at_once + warp() * together + mine % together);
      column[n] = rating < count_ ? columns_[rating] : 0;
    }
#pragma unroll
    for (int r = 0; r < K::rounds; ++r) {
      const int place = r * together;
      if (r * at_once < count_) {
        kept_[r] = vector_of(
            rating(r), __shfl_sync(all_lanes, column[place / warp_size], place % warp_size + static_cast<int>(group_)));
      }
    }
  }

  __device__ Vector load(const float* vector) const { return load(reinterpret_cast<const char*>(vector), true); }
  __device__ void store(const Vector& vector, float* to) const {
    if (warp() != 0 || group_ != 0) return;
#pragma unroll
    for (int i = 0; i < K::fours; ++i) {
      if (inside(i)) reinterpret_cast<float4*>(to)[member_ + i * lanes] = vector.of[i];
    }
  }

  /// A d but for the ridge; with `targets`, `sum` becomes Σ y.
  template <bool targets>
  __device__ __forceinline__ Vector product(const Vector& d, Vector& sum) {
    Vector out;
    out.clear();
    if (targets) sum.clear();
    add_base(d, out);
    const auto add = [&](const Vector& y) {
      out.add(y.times(d), y);
      if (targets) sum.add(1, y);
    };
#pragma unroll
    for (int r = 0; r < K::rounds; ++r) {
      if (r * at_once >= count_) break;
      add(kept_[r]);
    }
    for (int first = K::rounds * at_once; first < count_; first += at_once) {
      const int rating = first + this->rating(0);
      add(vector_of(rating, rating < count_ ? columns_[rating] : 0));
    }
    sum_everywhere(out);
    if (targets) sum_everywhere(sum);
    return out;
  }

 private:
  static constexpr int at_once = together * Team::warps;  // ratings

  __device__ unsigned warp() const { return Team::warps == 1 ? 0 : own_; }  // of the team
  __device__ int rating(int round) const { return round * at_once + static_cast<int>(warp() * together + group_); }
  __device__ bool inside(int i) const { return static_cast<int>(member_) + i * lanes < quads_; }

  __device__ Vector load(const char* vector, bool active) const {
    Vector out;
#pragma unroll
    for (int i = 0; i < K::fours; ++i) {
      const bool there = active && inside(i);
      out.of[i] = there ? reinterpret_cast<const float4*>(vector)[member_ + i * lanes] : make_float4(0, 0, 0, 0);
    }
    return out;
  }
  /// Zeros beyond the last rating.
  __device__ Vector vector_of(int rating, std::int32_t column) const {
    return load(fixed_ + column * pitch_, rating < count_);
  }

  /// out += α G d; each group has some rows of G.
  __device__ __forceinline__ void add_base(const Vector& d, Vector& out) {
    float4* scaled = memory_.direction[own_];
    __syncwarp();  // all lanes have read the last direction
    if (group_ == 0) {
#pragma unroll
      for (int i = 0; i < K::fours; ++i) {
        float4 part = make_float4(0, 0, 0, 0);
        add_scaled(alpha_, d.of[i], part);
        scaled[member_ + i * lanes] = part;
      }
    }
    __syncwarp();  // lanes read what those of the first group wrote
    for (int quad = rating(0); quad < quads_; quad += at_once) {
      const float4 four = scaled[quad];
      add_row(four.x, 4 * quad, out);
      add_row(four.y, 4 * quad + 1, out);
      add_row(four.z, 4 * quad + 2, out);
      add_row(four.w, 4 * quad + 3, out);
    }
  }
  __device__ __forceinline__ void add_row(float scale, int row, Vector& out) const {
#pragma unroll
    for (int i = 0; i < K::fours; ++i) add_scaled(scale, memory_.gram[row][member_ + i * lanes], out.of[i]);
  }

  /// Over groups, then over warps.
  __device__ __forceinline__ void sum_everywhere(Vector& vector) {
#pragma unroll
    for (int i = 0; i < K::fours; ++i) {
      float4& part = vector.of[i];
      part = make_float4(sum_over_groups(part.x), sum_over_groups(part.y), sum_over_groups(part.z),
                         sum_over_groups(part.w));
    }
    if constexpr (Team::warps > 1) {
      auto& parts = memory_.parts[turn_];
      turn_ ^= 1;
      if (group_ == 0) {
#pragma unroll
        for (int i = 0; i < K::fours; ++i) parts[own_][member_ + i * lanes] = vector.of[i];
      }
      __syncthreads();  // all warps' parts are there; those of the sum before last have been read
      vector.clear();
#pragma unroll
      for (int other = 0; other < Team::warps; ++other) {
#pragma unroll
        for (int i = 0; i < K::fours; ++i) add_scaled(1, parts[other][member_ + i * lanes], vector.of[i]);
      }
    }
  }

  Memory<K::width>& memory_;
  const char* fixed_;
  const std::int32_t* columns_;
  std::int64_t pitch_;  // of `fixed`, in bytes
  int count_;
  int quads_;  // of a vector
  float alpha_;
  unsigned own_, group_, member_;  // which warp of the block, group of lanes, and lane of it this is
  int turn_ = 0;
  Vector kept_[K::rounds];
};

/// All of G, with zeros behind its end.
template <int width>
__device__ void load_gram(DeviceMatrixView<const float> gram, Memory<width>& memory) {
  constexpr unsigned quads = width / 4, step = threads / quads;
  const unsigned quad = threadIdx.x % quads, first = threadIdx.x / quads;
  const auto rows = static_cast<unsigned>(4 * quad < gram.columns ? gram.rows : 0);
#pragma unroll 8
  for (unsigned row = 0; row < width; row += step) {
    memory.gram[row + first][quad] = row + first < rows ? quad_of(gram, row + first, quad) : make_float4(0, 0, 0, 0);
  }
  __syncthreads();  // every warp reads all of it
}

/// A team a row of the list; only rows of the team's sizes.
template <typename K, typename Team>
__global__ void __launch_bounds__(threads)
    improve_rows_kernel(ImplicitSystems systems, int steps, DeviceCsrView rows, DeviceSpan<const std::int32_t> list) {
  extern __shared__ __align__(16) unsigned char shared_bytes[];
  auto& memory = *reinterpret_cast<Memory<K::width>*>(shared_bytes);
  const std::int64_t place =
      Team::warps > 1 ? blockIdx.x
                      : static_cast<std::int64_t>(blockIdx.x) * block_warps + static_cast<int>(threadIdx.x) / warp_size;
  const std::int32_t row = place < list.size ? list[place] : 0;
  const bool active = place < list.size && (rows.size(row) > most_of_a_warp) == (Team::warps > 1);
  if (Team::warps > 1 && !active) return;  // a whole block
  load_gram(systems.gram, memory);
  if (!active) return;  // a whole warp
  if (rows.size(row) == 0) {
    if (threadIdx.x % warp_size == 0) systems.loss[row] = 0;
    return;
  }

  Row<Team, K> own(systems, rows, row, memory);
  using Vector = Part<K::fours>;
  const float ridge = systems.ridge[row];
  Vector x = own.load(systems.solved.row(row)), right;
  Vector product = own.template product<true>(x, right);
  product.add(ridge, x);
  if (systems.prior.rows > 0) right.add(ridge, own.load(systems.prior.row(row)));
  Vector residual = right;
  residual.add(-1, product);
  double loss = static_cast<double>(rows.size(row)) - static_cast<double>(x.times(right) + x.times(residual));
  float rho = residual.times(residual);
  const float goal = static_cast<float>(conjugate_gradients::enough) * right.times(right);
  Vector direction = residual;
  for (int step = 0; step < steps && rho > goal; ++step) {  // also ends when it is not a number
    product = own.template product<false>(direction, right);
    product.add(ridge, direction);
    const float curvature = direction.times(product);
    if (!(curvature > 0)) break;
    const float length = rho / curvature, before = rho;
    x.add(length, direction);
    residual.add(-length, product);
    loss -= static_cast<double>(length) * static_cast<double>(rho);
    rho = residual.times(residual);
    Vector next = residual;
    next.add(rho / before, direction);
    direction = next;
  }
  own.store(x, systems.solved.row(row));
  if (threadIdx.x % (warp_size * Team::warps) == 0) systems.loss[row] = loss;
}

template <typename K, typename Team>
void launch(Device& device, DeviceCsrView rows, const ImplicitSystems& systems, int steps,
            DeviceSpan<const std::int32_t> list, std::int64_t most) {
  const std::int64_t teams = std::min(list.size, most);
  if (teams == 0) return;
  constexpr int shared = static_cast<int>(sizeof(Memory<K::width>));
  EMBRACE_CHECK(
      cudaFuncSetAttribute(improve_rows_kernel<K, Team>, cudaFuncAttributeMaxDynamicSharedMemorySize, shared));
  improve_rows_kernel<K, Team>
      <<<blocks_for(teams, block_warps / Team::warps), threads, shared, device.stream()>>>(systems, steps, rows, list);
  EMBRACE_CHECK(cudaGetLastError());
}

template <typename K>
void improve(Device& device, DeviceCsrView rows, const RowPlanView& plan, const ImplicitSystems& systems, int steps) {
  // Those of a block are the first of the list, whose rows have fewer and fewer ratings.
  launch<K, Block>(device, rows, systems, steps, plan.medium_rows, rows.entries() / (most_of_a_warp + 1));
  for (const auto& list : {plan.medium_rows, plan.short_rows}) {
    launch<K, Warp>(device, rows, systems, steps, list, list.size);
  }
}

/// Calls use(Kept) with the smallest that holds the factors.
template <typename Use>
void with_kept(std::int64_t factors, const Use& use) {
  if (factors <= 32) return use(Kept<1, 16>());
  if (factors <= 64) return use(Kept<2, 16>());
  return use(Kept<4, 8>());
}

}  // namespace

void improve_kept_rows(Device& device, DeviceCsrView rows, const RowPlanView& plan, const ImplicitSystems& systems,
                       int steps) {
  with_kept(systems.fixed.columns, [&](auto kept) { improve<decltype(kept)>(device, rows, plan, systems, steps); });
}

std::int64_t improve_rows_shared_bytes(std::int64_t factors) {
  std::int64_t bytes = 0;
  with_kept(factors, [&](auto kept) { bytes = sizeof(Memory<decltype(kept)::width>); });
  return bytes;
}

}  // namespace embrace::gpu
