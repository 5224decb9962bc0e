// What the Cholesky kernels of normal_equations.cu are made of. A block of threads holds one row's system
//   A x = Σ y e + start,  A = Σ y y' + base + ridge 1
// as a lower triangle of tiles in registers. Two rows more are carried below A, s = Σ y and t = Σ e y: the
// factorization A = L L' turns them into L^-1 s and L^-1 t, so that no forward substitution is needed.
//   Gram matrix     ratings are staged in shared memory, 16 at a time, as rows [y | 1 | e]; the next 16 are on their
//   way
//                   (cp.async) while a thread adds the outer products of these to its tiles.
//   factorization   right-looking by panels of one tile's width: the panel goes to shared memory, is solved there a
//                   thread a row, and updates the remaining tiles by the same outer products.
//   substitution    L' x = right-hand side, panel by panel from the last, a thread a column.
// Cost of a row of n ratings: n (k² + 3 k) + k³ / 3 multiplications and additions, n (4 k + 8) bytes read, 4 k written.
#pragma once
#include <cuda_pipeline_primitives.h>

#include <type_traits>

#include "cuda/math/normal_equations.hpp"
#include "cuda/math/reduce.cuh"

namespace embrace::gpu {

/// A row's system in a block. `width`: factors, padded; `tile`: side of a thread's tiles; threads ≥ width.
template <int width_, int tile_, int threads_>
struct Shape {
  static constexpr int width = width_, tile = tile_, threads = threads_;
  static_assert(width % tile == 0 && (tile == 4 || tile == 8) && threads >= width && threads % warp_size == 0);
  static constexpr int panels = width / tile;
  static constexpr int rows = width + tile;  // s and t are rows width and width + 1
  static constexpr int tiles = panels * (panels + 3) / 2;
  static constexpr int tiles_a_thread = (tiles + threads - 1) / threads;
  static constexpr int cells = tiles_a_thread * tile * tile;  // a thread
  static constexpr int chunk = 16;                            // ratings staged at a time
  static constexpr int stage_floats = chunk * rows;
  /// Blocks that a multiprocessor's registers must allow: as many as leave a thread the registers that its tiles need.
  static constexpr int blocks = (width <= 32 ? 512 : 384) / threads;

  /// Panel j of L lies column by column, rows [j · tile, rows) of each; in place of L_ii there is 1 / L_ii, or 0 for a
  /// pivot that was zero up to rounding.
  static constexpr int panel_begin(int j) { return tile * (j * rows - tile * (j * (j - 1) / 2)); }
  static constexpr int pitch(int j) { return rows - j * tile; }
  /// Where row r lies in a column. With tiles of 8, the lanes of a warp read every second group of four floats:
  /// exchanging neighbours in every second group of 32 spreads these reads over all banks.
  static constexpr __host__ __device__ int place(int r) { return tile == 4 ? r : r ^ ((r >> 5 & 1) << 2); }
};

/// Shared memory of a block. The stages are dead when L is written, and share its place.
template <typename S>
struct Workspace {
  static constexpr int factor_floats = S::panel_begin(S::panels);
  static constexpr int large = factor_floats > 2 * S::stage_floats ? factor_floats : 2 * S::stage_floats;
  alignas(16) float memory[large];
  float diagonal[S::tile * S::tile];  // of the panel at work
  float smallest[S::width];           // pivots up to this are taken for zero
  float solution[2][S::tile];
  double scratch[S::threads / warp_size][5];
};

/// Sums that are kept in double, of a thread or of the block.
struct TargetSums {
  double total = 0;    // Σ e
  double squares = 0;  // Σ e²
};

// What tells the problems apart: e of a rating, and what A and the right-hand side start from.
__device__ inline double target(const ExplicitSystems& systems, std::int32_t column, float value) {
  return static_cast<double>(value) - systems.mean - static_cast<double>(systems.fixed_bias[column]);
}
__device__ inline double target(const ImplicitSystems&, std::int32_t, float) { return 1; }
__device__ inline float base(const ExplicitSystems&, int, int) { return 0; }
__device__ inline float base(const ImplicitSystems& systems, int r, int c) {
  return systems.alpha * systems.gram(r, c);
}
__device__ inline double target(const BlockSystems&, std::int32_t, float value) { return static_cast<double>(value); }
__device__ inline float base(const BlockSystems& systems, int r, int c) {
  const auto columns = static_cast<int>(systems.fixed.columns);
  return r < columns && c < columns ? systems.alpha * systems.gram(r, c) : 0.0F;
}
__device__ inline bool has_start(const ExplicitSystems&) { return false; }
__device__ inline float start(const ExplicitSystems&, std::int32_t, int) { return 0; }
__device__ inline bool has_start(const ImplicitSystems& systems) { return systems.prior.rows > 0; }
__device__ inline float start(const ImplicitSystems& systems, std::int32_t row, int c) {
  return c < systems.fixed.columns ? systems.ridge[row] * systems.prior(row, c) : 0.0F;
}
__device__ inline bool has_start(const BlockSystems&) { return true; }
__device__ inline float start(const BlockSystems& systems, std::int32_t row, int c) {
  if (c >= systems.fixed.columns) return 0;
  return -(systems.alpha * systems.product(row, c) + systems.ridge[row] * systems.solved(row, c));
}

__device__ inline void finish_empty_row(const BlockSystems&, std::int32_t) {}
__device__ inline void finish_empty_row(const ExplicitSystems& systems, std::int32_t row) {
  if (threadIdx.x != 0) return;
  systems.loss[row] = 0;
  if (systems.clear_empty) systems.bias[row] = 0;
}
__device__ inline void finish_empty_row(const ImplicitSystems& systems, std::int32_t row) {
  if (threadIdx.x == 0) systems.loss[row] = 0;
}

/// A thread's tiles: number thread, thread + threads, … of the lower triangle, column by column, so that warps have
/// nothing left to do one after the other while a factorization goes on.
template <typename S>
class Tiles {
 public:
  __device__ Tiles() {
#pragma unroll
    for (int n = 0; n < S::tiles_a_thread; ++n) {
      // Counted from the last one: its column has two tiles, the one before three, and so on.
      const int number = max(S::tiles - 1 - static_cast<int>(threadIdx.x) - n * S::threads, 0);
      int column = static_cast<int>((sqrtf(8.0F * static_cast<float>(number) + 9.0F) - 3.0F) / 2.0F);
      while (column * (column + 3) / 2 > number) --column;  // sqrtf may be off by a rounding
      while ((column + 1) * (column + 4) / 2 <= number) ++column;
      column_[n] = owned(n) ? (S::panels - 1 - column) * S::tile : nowhere;
      row_[n] = (S::panels - (number - column * (column + 3) / 2)) * S::tile;
#pragma unroll
      for (int i = 0; i < S::tile; ++i) {
#pragma unroll
        for (int l = 0; l < S::tile; ++l) cell_[n][i][l] = 0;
      }
    }
  }

  /// cell ±= Σ_p left[p] right[p], both in columns of `pitch` floats of which the first is row `origin`. Only tiles
  /// whose columns are at or behind `first`.
  template <bool subtract>
  __device__ void update(const float* columns, int pitch, int count, int origin, int first) {
#pragma unroll
    for (int n = 0; n < S::tiles_a_thread; ++n) {
      if (column_[n] < first) continue;
      const int row = S::place(row_[n]) - origin, column = S::place(column_[n]) - origin;
#pragma unroll 4
      for (int p = 0; p < count; ++p) {
        float left[S::tile], right[S::tile];
        load(columns + p * pitch, row, left);
        load(columns + p * pitch, column, right);
#pragma unroll
        for (int i = 0; i < S::tile; ++i) {
#pragma unroll
          for (int l = 0; l < S::tile; ++l) cell_[n][i][l] += (subtract ? -left[i] : left[i]) * right[l];
        }
      }
    }
  }

  /// A += base + ridge 1, t += start; says what pivots are zero up to rounding: width · epsilon · A_ii, as on the CPU.
  template <typename Systems>
  __device__ void finish_matrix(const Systems& systems, std::int32_t row, float share, Workspace<S>& work) {
    const float ridge = systems.ridge[row];
#pragma unroll
    for (int n = 0; n < S::tiles_a_thread; ++n) {
      if (!owned(n)) continue;
      if (row_[n] >= S::width) {
        if (has_start(systems)) {
#pragma unroll
          for (int l = 0; l < S::tile; ++l) cell_[n][1][l] += start(systems, row, column_[n] + l);
        }
        continue;
      }
      const bool diagonal = row_[n] == column_[n];
#pragma unroll
      for (int i = 0; i < S::tile; ++i) {
#pragma unroll
        for (int l = 0; l < S::tile; ++l) cell_[n][i][l] += base(systems, row_[n] + i, column_[n] + l);
        if (!diagonal) continue;
        if (row_[n] + i < systems.fixed.columns) cell_[n][i][i] += ridge;
        work.smallest[row_[n] + i] = share * cell_[n][i][i];
      }
    }
  }

  /// Puts panel j where its columns belong, and its diagonal tile beside.
  __device__ void store_panel(int j, Workspace<S>& work) const {
    float* columns = work.memory + S::panel_begin(j);
#pragma unroll
    for (int n = 0; n < S::tiles_a_thread; ++n) {
      if (column_[n] != j * S::tile || !owned(n)) continue;
      const int row = S::place(row_[n]) - j * S::tile;
#pragma unroll
      for (int l = 0; l < S::tile; ++l) {
#pragma unroll
        for (int i = 0; i < S::tile; i += 4) {
          *reinterpret_cast<float4*>(columns + l * S::pitch(j) + (row ^ i)) =
              make_float4(cell_[n][i][l], cell_[n][i + 1][l], cell_[n][i + 2][l], cell_[n][i + 3][l]);
        }
        if (row_[n] == column_[n]) {
#pragma unroll
          for (int i = 0; i < S::tile; ++i) work.diagonal[i * S::tile + l] = cell_[n][i][l];
        }
      }
    }
  }

  /// cell n of every thread lies next to that of the next thread.
  __device__ void store(float* to) const {
#pragma unroll
    for (int c = 0; c < S::cells; ++c) to[c * S::threads + threadIdx.x] = at(c);
  }
  __device__ void add(const float* from) {
#pragma unroll
    for (int c = 0; c < S::cells; ++c) at(c) += from[c * S::threads + threadIdx.x];
  }

 private:
  static constexpr int nowhere = -S::tile;
  __device__ static bool owned(int n) { return static_cast<int>(threadIdx.x) + n * S::threads < S::tiles; }
  __device__ float& at(int c) { return cell_[c / (S::tile * S::tile)][c / S::tile % S::tile][c % S::tile]; }
  __device__ float at(int c) const { return cell_[c / (S::tile * S::tile)][c / S::tile % S::tile][c % S::tile]; }
  __device__ static void load(const float* column, int place, float (&x)[S::tile]) {
#pragma unroll
    for (int i = 0; i < S::tile; i += 4) {
      const float4 four = *reinterpret_cast<const float4*>(column + (place ^ i));
      x[i] = four.x, x[i + 1] = four.y, x[i + 2] = four.z, x[i + 3] = four.w;
    }
  }

  float cell_[S::tiles_a_thread][S::tile][S::tile];
  int row_[S::tiles_a_thread];
  int column_[S::tiles_a_thread];  // `nowhere` beyond the last tile: before all that is updated
};

/// Brings vectors into a stage: a group of threads a vector, 16 bytes a thread. The columns of the next chunk are read
/// one chunk ahead, so that no copy waits for its address.
template <typename S>
class Gather {
 public:
  __device__ void look_up(DeviceCsrView rows, std::int64_t begin, std::int64_t end) {
#pragma unroll
    for (int n = 0; n < passes; ++n) {
      const int rating = slot(n);
      column_[n] = rating < S::chunk && begin + rating < end ? rows.indices[begin + rating] : -1;
    }
  }
  __device__ void start(DeviceMatrixView<const float> vectors, float* stage) const {
    const int first = static_cast<int>(threadIdx.x) % group * 4;
#pragma unroll
    for (int n = 0; n < passes; ++n) {
      if (column_[n] < 0 || first >= vectors.columns) continue;
      __pipeline_memcpy_async(stage + slot(n) * S::rows + S::place(first), vectors.row(column_[n]) + first, 16);
    }
  }

 private:
  static constexpr int group = S::width / 4;
  static constexpr int together = S::threads / group;
  static constexpr int passes = (S::chunk + together - 1) / together;
  __device__ static int slot(int n) {
    const int mine = static_cast<int>(threadIdx.x) / group;
    return mine < together ? n * together + mine : S::chunk;  // threads left over bring nothing
  }
  std::int32_t column_[passes];
};

/// Adds the ratings [begin, end) to the tiles, and this thread's share of the targets to `sums`.
template <typename S, typename Systems>
__device__ void add_ratings(const Systems& systems, DeviceCsrView rows, std::int64_t begin, std::int64_t end,
                            Tiles<S>& tiles, TargetSums& sums, Workspace<S>& work) {
  for (int i = static_cast<int>(threadIdx.x); i < 2 * S::stage_floats; i += S::threads) work.memory[i] = 0;
  __syncthreads();  // copies must not be overtaken by the zeros

  const int rating = static_cast<int>(threadIdx.x);  // whose target this thread prepares, in each chunk
  const auto target_of = [&](std::int64_t first) {
    if (rating >= S::chunk || first + rating >= end) return 0.0F;
    const double e = target(systems, rows.indices[first + rating], rows.values[first + rating]);
    sums.total += e;
    sums.squares += e * e;
    return static_cast<float>(e);
  };
  const auto store_target = [&](float* stage, float e) {
    if (rating >= S::chunk) return;
    stage[rating * S::rows + S::place(S::width)] = 1;
    stage[rating * S::rows + S::place(S::width + 1)] = e;
  };

  Gather<S> gather;
  gather.look_up(rows, begin, end);
  gather.start(systems.fixed, work.memory);
  __pipeline_commit();
  store_target(work.memory, target_of(begin));
  gather.look_up(rows, begin + S::chunk, end);
  int turn = 0;
  for (std::int64_t first = begin; first < end; first += S::chunk, turn ^= 1) {
    float* stage = work.memory + turn * S::stage_floats;
    float* next = work.memory + (turn ^ 1) * S::stage_floats;
    gather.start(systems.fixed, next);
    __pipeline_commit();
    gather.look_up(rows, first + 2 * S::chunk, end);
    const float e = target_of(first + S::chunk);
    __pipeline_wait_prior(1);
    __syncthreads();  // the copies and targets of this stage, which others made, are there
    tiles.template update<false>(stage, S::rows, static_cast<int>(min(end - first, std::int64_t{S::chunk})), 0, 0);
    store_target(next, e);
    __syncthreads();  // all have read this stage before the next round's copies overwrite it
  }
}

/// 1 / √x of a positive x within an ulp or so: what the hardware gives has 22 bits, a step of Newton's iteration the
/// rest. A correctly rounded root and division would be twenty instructions and two branches.
__device__ inline float inverse_root(float x) {
  const float y = rsqrtf(x);
  return y + 0.5F * y * (1.0F - x * y * y);
}

/// A = L L' in work.memory, with L^-1 s and L^-1 t as rows width and width + 1.
template <typename S>
__device__ void factorize(Tiles<S>& tiles, Workspace<S>& work) {
  for (int j = 0; j < S::panels; ++j) {
    constexpr int tile = S::tile;
    const int origin = j * tile, pitch = S::pitch(j);
    float* columns = work.memory + S::panel_begin(j);
    tiles.store_panel(j, work);
    __syncthreads();  // rows and the diagonal tile come from several threads
    int row = origin + static_cast<int>(threadIdx.x);
    if (row < S::width + 2) {
      // Every thread factorizes the diagonal tile for itself: that costs less than to wait for one that does.
      float d[tile][tile], inverse[tile];
#pragma unroll
      for (int c = 0; c < tile; ++c) {
#pragma unroll
        for (int l = c; l < tile; ++l) d[l][c] = work.diagonal[l * tile + c];
      }
#pragma unroll
      for (int c = 0; c < tile; ++c) {
        // A NaN passes on, so that divergence stays visible.
        inverse[c] = d[c][c] <= work.smallest[origin + c] ? 0.0F : inverse_root(d[c][c]);
#pragma unroll
        for (int l = c + 1; l < tile; ++l) d[l][c] *= inverse[c];
#pragma unroll
        for (int l = c + 1; l < tile; ++l) {
#pragma unroll
          for (int m = l; m < tile; ++m) d[m][l] -= d[m][c] * d[l][c];
        }
      }
      for (; row < S::width + 2; row += S::threads) {
        float* own = columns + S::place(row) - origin;
        float x[tile];
#pragma unroll
        for (int c = 0; c < tile; ++c) {
          x[c] = own[c * pitch];
#pragma unroll
          for (int l = 0; l < c; ++l) x[c] -= x[l] * d[c][l];
          x[c] *= inverse[c];
          own[c * pitch] = row == origin + c ? inverse[c] : x[c];
        }
      }
    }
    __syncthreads();  // the panel is solved before it updates, and the diagonal tile read before the next is stored
    tiles.template update<true>(columns, pitch, tile, origin, origin + tile);
  }
}

/// L' x = y; thread c brings y_c and receives x_c.
template <typename S>
__device__ float substitute(float y, Workspace<S>& work) {
  constexpr int tile = S::tile;
  const int own = static_cast<int>(threadIdx.x);
  const int own_panel = own / tile;
  for (int j = S::panels - 1; j >= 0; --j) {
    const int origin = j * tile;
    float* right = work.solution[j & 1];  // two, so that the next panel's may be written while this is read
    if (own_panel == j) right[own % tile] = y;
    __syncthreads();  // right comes from the panel's threads

    if (own_panel > j) continue;  // has its answer
    float x[tile];
    const float* columns = work.memory + S::panel_begin(j);
#pragma unroll
    for (int i = tile - 1; i >= 0; --i) {
      x[i] = right[i];
#pragma unroll
      for (int l = i + 1; l < tile; ++l) x[i] -= columns[i * S::pitch(j) + S::place(origin + l) - origin] * x[l];
      x[i] *= columns[i * S::pitch(j) + S::place(origin + i) - origin];
    }
    if (own_panel < j) {
      const float* column = work.memory + S::panel_begin(own_panel) + own % tile * S::pitch(own_panel);
#pragma unroll
      for (int l = 0; l < tile; ++l) y -= column[S::place(origin + l) - own_panel * tile] * x[l];
    } else if (own_panel == j) {
#pragma unroll
      for (int i = 0; i < tile; ++i) {
        if (own % tile == i) y = x[i];
      }
    }
  }
  return y;
}

}  // namespace embrace::gpu
