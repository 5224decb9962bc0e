// bayes: the draws of features' weights in one dimension (host/methods/bayes_columns.hpp; Rendle 2013, "Scaling
// factorization machines to relational data"): of rows that read a column, with their S = Σ c² and T = Σ c · residual,
//   w ~ N((λ μ + α (Σ x T + w Σ x² S)) / P, 1 / P)   P = λ + α Σ x² S,   and then T -= S x move.
// Columns that share a row wait for each other, in their order, as on the CPU; neighbours that share none, those of a
// field of which a row has one value, give the same at once. Mapping: a block a column. Runs of at least eight columns
// apart are one launch; other columns follow each other in one block, as many as there are; a column of more than 8192
// readers takes three launches of its own, to sum in pieces of 4096 readers, to draw, and to tell the readers.
// Cost a reader and dimension: 8 bytes of row and value, twice 32 of the row's sums, from the level 2 cache; where
// columns follow each other, the latency of three barriers and four reads a column beside.
#include <algorithm>

#include "cuda/device/phase.hpp"
#include "cuda/math/reduce.cuh"
#include "cuda/methods/bayes_draws.cuh"
#include "cuda/methods/bayes_kernels.hpp"
#include "host/array.hpp"

namespace embrace::gpu {
namespace {

constexpr int threads = 256;
constexpr std::int64_t fewest_apart = 8;
constexpr std::int64_t most_together = 8192;  // readers of a column that a block draws
constexpr std::int64_t piece = 4096;

struct DrawColumns {
  BayesBlockView block;
  BayesGiven given;
  std::int64_t dimension;

  __device__ cpu::RowState& state_of(std::int64_t entry) const {
    const int at = dimension == 0 ? 0 : static_cast<int>((dimension - 1) % 4);
    return block.quads[block.readers.indices[entry]].state[at];
  }
  /// Of readers [begin, end), a share of which is the thread's.
  __device__ BayesColumnSums sums_of(std::int64_t begin, std::int64_t end) const {
    BayesColumnSums sums{0, 0};
    for (std::int64_t e = begin + threadIdx.x; e < end; e += threads) {
      const float x = block.readers.values[e];
      const cpu::RowState& state = state_of(e);
      sums.squares += x * x * state.squares;
      sums.target += x * state.target;
    }
    return sums;
  }
  __device__ float draw(const cpu::Column& column, const BayesColumnSums& sums) const {
    float& weight = block.weights.at(dimension, column.index);
    const float old = weight;
    const float noise =
        normal_number(random_of(block.column_random), noise_counter(block, given.number, dimension), column.index);
    weight = draw_coefficient(block.prior_of(dimension, column.field), static_cast<float>(given.sweep[0].precision),
                              sums.squares, sums.target, old, noise);
    return weight - old;
  }
  __device__ void tell(std::int64_t begin, std::int64_t end, float move) const {
    for (std::int64_t e = begin + threadIdx.x; e < end; e += threads) {
      cpu::RowState& state = state_of(e);
      const float by = block.readers.values[e] * move;
      state.target -= state.squares * by;
      state.move += by;
    }
  }
};

/// Block b draws columns [first + b · each, first + (b + 1) · each), one after the other.
__global__ void __launch_bounds__(threads)
    draw_columns_kernel(DrawColumns work, std::int64_t first, std::int64_t each) {
  __shared__ float squares[threads / warp_size], targets[threads / warp_size], move;
  for (std::int64_t n = 0; n < each; ++n) {
    const cpu::Column column = work.block.columns[first + blockIdx.x * each + n];
    const std::int64_t begin = work.block.readers.begin(column.index), end = work.block.readers.end(column.index);
    BayesColumnSums sums = work.sums_of(begin, end);
    sums.squares = block_sum<threads>(sums.squares, squares);
    sums.target = block_sum<threads>(sums.target, targets);
    if (threadIdx.x == 0) move = work.draw(column, sums);
    __syncthreads();  // it is drawn before its readers move
    work.tell(begin, end, move);
    __syncthreads();  // they have moved before the next column reads them
  }
}

__global__ void __launch_bounds__(threads)
    sum_column_kernel(DrawColumns work, std::int64_t which, DeviceSpan<BayesColumnSums> partials) {
  __shared__ float squares[threads / warp_size], targets[threads / warp_size];
  const std::int32_t column = work.block.columns[which].index;
  const std::int64_t begin = work.block.readers.begin(column) + blockIdx.x * piece;
  const std::int64_t end = work.block.readers.end(column);
  BayesColumnSums sums = work.sums_of(begin, begin + piece < end ? begin + piece : end);
  sums.squares = block_sum<threads>(sums.squares, squares);
  sums.target = block_sum<threads>(sums.target, targets);
  if (threadIdx.x == 0) partials[blockIdx.x] = sums;
}

/// One block. Behind the partial sums comes the move.
__global__ void __launch_bounds__(threads) draw_column_kernel(DrawColumns work, std::int64_t which, std::int64_t pieces,
                                                              DeviceSpan<BayesColumnSums> partials) {
  __shared__ float squares[threads / warp_size], targets[threads / warp_size];
  BayesColumnSums sums{0, 0};
  for (std::int64_t p = threadIdx.x; p < pieces; p += threads) {
    sums.squares += partials[p].squares;
    sums.target += partials[p].target;
  }
  sums.squares = block_sum<threads>(sums.squares, squares);
  sums.target = block_sum<threads>(sums.target, targets);
  if (threadIdx.x == 0) partials[pieces] = {work.draw(work.block.columns[which], sums), 0.0F};
}

__global__ void __launch_bounds__(threads)
    tell_readers_kernel(DrawColumns work, std::int64_t which, DeviceSpan<const BayesColumnSums> move) {
  const std::int32_t column = work.block.columns[which].index;
  const std::int64_t begin = work.block.readers.begin(column) + blockIdx.x * piece;
  const std::int64_t end = work.block.readers.end(column);
  work.tell(begin, begin + piece < end ? begin + piece : end, move[0].squares);
}

void draw_spread(Device& device, const DrawColumns& work, const ColumnStep& step,
                 DeviceSpan<BayesColumnSums> partials) {
  const unsigned pieces = blocks_for(step.readers, piece);
  sum_column_kernel<<<pieces, threads, 0, device.stream()>>>(work, step.first, partials);
  EMBRACE_CHECK(cudaGetLastError());
  draw_column_kernel<<<1, threads, 0, device.stream()>>>(work, step.first, pieces, partials);
  EMBRACE_CHECK(cudaGetLastError());
  tell_readers_kernel<<<pieces, threads, 0, device.stream()>>>(work, step.first, partials.part(pieces, 1));
  EMBRACE_CHECK(cudaGetLastError());
}

}  // namespace

std::vector<ColumnStep> column_steps(CsrView readers, Span<const cpu::Column> columns) {
  std::vector<ColumnStep> steps;
  Array<std::int64_t> run_of_row(readers.columns, -1);  // the last run that the row was met in
  const auto met = [&](std::int64_t n, std::int64_t run) {
    const auto rows = readers.row_indices(columns[n].index);
    return std::any_of(rows.begin(), rows.end(), [&](std::int32_t row) { return run_of_row[row] == run; });
  };
  const auto add = [&](ColumnStep step) {
    const bool goes_on =
        step.kind == ColumnStep::Kind::in_turn && !steps.empty() && steps.back().kind == ColumnStep::Kind::in_turn;
    if (goes_on) {
      steps.back().count += step.count;
    } else {
      steps.push_back(step);
    }
  };
  for (std::int64_t first = 0, last = 0; first < columns.size(); first = last) {
    const std::int64_t alone = readers.row_size(columns[first].index);
    if (alone > most_together) {
      last = first + 1;
      add({ColumnStep::Kind::spread, first, 1, alone});
      continue;
    }
    for (; last < columns.size() && readers.row_size(columns[last].index) <= most_together && !met(last, first);
         ++last) {
      for (const std::int32_t row : readers.row_indices(columns[last].index)) run_of_row[row] = first;
    }
    const auto kind = last - first < fewest_apart ? ColumnStep::Kind::in_turn : ColumnStep::Kind::apart;
    add({kind, first, last - first, 0});
  }
  return steps;
}

std::int64_t column_partials(Span<const ColumnStep> steps) {
  std::int64_t most = 0;
  for (const ColumnStep& step : steps) {
    if (step.kind == ColumnStep::Kind::spread) most = std::max<std::int64_t>(most, blocks_for(step.readers, piece) + 1);
  }
  return most;
}

std::int64_t most_column_partials(std::int64_t rows) {
  if (rows <= most_together) return 0;
  return static_cast<std::int64_t>(sizeof(BayesColumnSums)) * (blocks_for(rows, piece) + 1);
}

void draw_columns(Device& device, const BayesBlockView& block, const BayesGiven& given, std::int64_t dimension,
                  Span<const ColumnStep> steps, DeviceSpan<BayesColumnSums> partials) {
  EMBRACE_PHASE("columns");
  const DrawColumns work{block, given, dimension};
  for (const ColumnStep& step : steps) {
    if (step.kind == ColumnStep::Kind::spread) {
      draw_spread(device, work, step, partials);
      continue;
    }
    const bool apart = step.kind == ColumnStep::Kind::apart;
    const auto blocks = static_cast<unsigned>(apart ? step.count : 1);
    draw_columns_kernel<<<blocks, threads, 0, device.stream()>>>(work, step.first, apart ? 1 : step.count);
    EMBRACE_CHECK(cudaGetLastError());
  }
}

}  // namespace embrace::gpu
