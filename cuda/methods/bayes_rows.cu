// bayes: what ratings say about the rows of a relation block, and the draws of its identities (Rendle 2012,
// "Factorization Machines with libFM", section 4.4.1; Rendle 2013, "Scaling factorization machines to relational
// data"). In a dimension a row's value v explains c v of a rating, c = 1 for the bias and the sum of the other blocks'
// factors else. Given all else v is drawn from
//   N((λ μ + α (T + v S)) / P, 1 / P)   P = λ + α S, S = Σ c², T = Σ c · residual,   and then residual -= c · move.
// Four dimensions are summed in one pass over the ratings, all Σ c_i c_j of them: the second's T is then that of before
// less Σ c_1 c_2 times the first's move, and so on. They are drawn one after the other as on the CPU, which looks at
// the ratings again for each. Mapping: RowPlan's rows in one launch, a block a long row, then a warp a medium one,
// eight lanes a short one; lanes stride over the ratings, sums meet in a fixed tree, the first lane draws, from numbers
// that four lanes have made. Rows share no rating, so none waits for another; a block with columns of features has a
// launch for each pass, as all its rows' columns are drawn in between. The first pass copies residuals into the block's
// order and the last one back. Cost a rating and pass of four factors: 4 bytes of index, 8 of residual, 32 of others'
// factors, read from the level 2 cache, which holds those of 100,000 rows and more; 36 flops. One pass more for the
// bias, one for the last moves, with 16 and 8 bytes a rating for their order.
#include "cuda/device/phase.hpp"
#include "cuda/math/quads.cuh"
#include "cuda/math/reduce.cuh"
#include "cuda/methods/bayes_draws.cuh"
#include "cuda/methods/bayes_kernels.hpp"

namespace embrace::gpu {
namespace {

constexpr int threads = 256;
constexpr int warps = threads / warp_size;
constexpr int pairs = 10;        // of four dimensions, each with itself and with those behind it
constexpr int sums = pairs + 4;  // and Σ c · residual of each

/// Where Σ c_i c_j is, i ≤ j.
__device__ constexpr int place_of(int i, int j) { return i * (7 - i) / 2 + j; }

/// Lanes of a warp that share a row.
template <int width>
struct Lanes {
  static constexpr int lanes = width;
  int lane;

  /// Sums over the lanes, given to the first.
  template <int count>
  __device__ void total(float (&values)[count]) const {
#pragma unroll
    for (int i = 0; i < count; ++i) values[i] = group_sum<width>(values[i]);
  }
  /// What the first lane has.
  __device__ float4 share(float4 value) const {
    return make_float4(of_lane(value.x, 0), of_lane(value.y, 0), of_lane(value.z, 0), of_lane(value.w, 0));
  }
  __device__ float of_lane(float value, int which) const { return __shfl_sync(all_lanes, value, which, width); }
};

/// All threads of a block.
struct Block {
  static constexpr int lanes = threads;
  struct Shared {
    float parts[warps][sums];
    float4 value;
  };
  int lane;
  Shared* shared;

  template <int count>
  __device__ void total(float (&values)[count]) const {
    const int warp = lane / warp_size, in_warp = lane % warp_size;
#pragma unroll
    for (int i = 0; i < count; ++i) {
      values[i] = group_sum<warp_size>(values[i]);
      if (in_warp == 0) shared->parts[warp][i] = values[i];
    }
    __syncthreads();  // the first warp adds what all have written
    if (warp != 0) return;
#pragma unroll
    for (int i = 0; i < count; ++i) {
      values[i] = group_sum<warp_size>(in_warp < warps ? shared->parts[in_warp][i] : 0.0F);
    }
  }
  __device__ float4 share(float4 value) const {
    if (lane == 0) shared->value = value;
    __syncthreads();  // it is there, and nobody reads parts any more
    return shared->value;
  }
  /// Within a warp.
  __device__ float of_lane(float value, int which) const { return __shfl_sync(all_lanes, value, which); }
};

/// Ratings [begin, end) of a row; none for lanes that only help with the shuffles.
struct Row {
  std::int64_t index, begin, end;
  bool active;
};

__device__ Row row_of(const BayesBlockView& block, bool there, std::int32_t index) {
  const bool active = there && block.rated(index);
  return {index, active ? block.offsets[index] : 0, active ? block.offsets[index + 1] : 0, active};
}

/// Four dimensions of a rating's c.
__device__ float4 others_at(const BayesBlockView& block, const BayesGiven& given, std::int64_t e, std::int64_t quad) {
  float4 c = quad_of(given.first, block.first[e], quad);
  if (!block.second.empty()) add_scaled(1.0F, quad_of(given.second, block.second[e], quad), c);
  return c;
}

/// Σ residual, of the offset that the sweep has drawn. Leaves the residuals in the block's order.
template <typename Team>
__device__ float sum_bias(const BayesBlockView& block, const BayesGiven& given, const Team& team, const Row& row) {
  const float shift = given.sweep[0].shift;
  float sum = 0;
  for (std::int64_t e = row.begin + team.lane; e < row.end; e += Team::lanes) {
    const float residual = block.order.empty() ? block.residual[e] - shift : given.residuals[block.order[e]];
    block.residual[e] = residual;
    sum += residual;
  }
  return sum;
}

/// Residuals forget what moved in the pass before, the bias or a quad; then the sums of a quad.
template <typename Team>
__device__ void sum_quad(const BayesBlockView& block, const BayesGiven& given, const Team& team, const Row& row,
                         std::int64_t quad, float4 moves, float (&sum)[sums]) {
#pragma unroll
  for (int i = 0; i < sums; ++i) sum[i] = 0;
  for (std::int64_t e = row.begin + team.lane; e < row.end; e += Team::lanes) {
    const float explained = quad == 0 ? moves.x : dot(moves, others_at(block, given, e, quad - 1));
    const float residual = block.residual[e] - explained;
    block.residual[e] = residual;
    const float4 others = others_at(block, given, e, quad);
    const float c[4] = {others.x, others.y, others.z, others.w};
#pragma unroll
    for (int i = 0; i < 4; ++i) {
#pragma unroll
      for (int j = i; j < 4; ++j) sum[place_of(i, j)] += c[i] * c[j];
      sum[pairs + i] += c[i] * residual;
    }
  }
}

/// Residuals forget the last moves and go back to their order.
template <typename Team>
__device__ void leave(const BayesBlockView& block, const BayesGiven& given, const Team& team, const Row& row,
                      float4 moves) {
  const std::int64_t quad = block.values.quads() - 1;
  for (std::int64_t e = row.begin + team.lane; e < row.end; e += Team::lanes) {
    const float residual = block.residual[e] - dot(moves, others_at(block, given, e, quad));
    (block.order.empty() ? block.residual[e] : given.residuals[block.order[e]]) = residual;
  }
}

/// How identities are drawn in a sweep.
struct Identities {
  BayesBlockView block;
  BayesGiven given;

  __device__ float noise(std::int64_t dimension, std::int64_t row) const {
    return normal_number(random_of(block.row_random), noise_counter(block, given.number, dimension), row);
  }
  /// Its move.
  __device__ float draw(std::int64_t dimension, std::int64_t row, float squares, float target, float noise) const {
    float& own = block.own.at(dimension, row);
    const float old = own;
    own = draw_coefficient(block.prior_of(dimension, block.fields.size), static_cast<float>(given.sweep[0].precision),
                           squares, target, old, noise);
    return own - old;
  }
};

/// The four of a quad one after the other.
template <typename Team>
__device__ float4 draw_quad(const Identities& identities, const Team& team, const Row& row, std::int64_t quad,
                            const float (&sum)[sums]) {
  const std::int64_t dimension = 1 + 4 * quad, dimensions = identities.block.values.dimensions();
  const bool draws = row.active && team.lane < 4 && dimension + team.lane < dimensions;
  const float noise = draws ? identities.noise(dimension + team.lane, row.index) : 0.0F;
  float move[4] = {0, 0, 0, 0};
#pragma unroll
  for (int j = 0; j < 4; ++j) {
    const float here = team.of_lane(noise, j);
    if (!row.active || team.lane != 0 || dimension + j >= dimensions) continue;
    float target = sum[pairs + j];
#pragma unroll
    for (int i = 0; i < j; ++i) target -= sum[place_of(i, j)] * move[i];
    move[j] = identities.draw(dimension + j, row.index, sum[place_of(j, j)], target, here);
  }
  return team.share(make_float4(move[0], move[1], move[2], move[3]));
}

/// All dimensions of a row of identities alone.
struct SampleRow {
  Identities identities;
  __device__ const BayesBlockView& block() const { return identities.block; }

  template <typename Team>
  __device__ void operator()(const Team& team, const Row& row) const {
    const BayesGiven& given = identities.given;
    float bias[1] = {sum_bias(block(), given, team, row)};
    team.total(bias);
    float move = 0;
    if (row.active && team.lane == 0) {
      move = identities.draw(0, row.index, static_cast<float>(row.end - row.begin), bias[0],
                             identities.noise(0, row.index));
    }
    float4 moves = team.share(make_float4(move, 0, 0, 0));
    for (std::int64_t quad = 0; quad < block().values.quads(); ++quad) {
      float sum[sums];
      sum_quad(block(), given, team, row, quad, moves, sum);
      team.total(sum);
      moves = draw_quad(identities, team, row, quad, sum);
    }
    leave(block(), given, team, row, moves);
  }
};

/// A pass over a row whose columns are drawn by others.
struct PassRow {
  BayesBlockView view;
  BayesGiven given;
  std::int64_t pass;
  __device__ const BayesBlockView& block() const { return view; }

  template <typename Team>
  __device__ void operator()(const Team& team, const Row& row) const {
    const bool leads = row.active && team.lane == 0;
    const float4 moves = team.share(leads && pass > 0 ? take_moves(row.index) : make_float4(0, 0, 0, 0));
    if (pass == 0) {
      float bias[1] = {sum_bias(view, given, team, row)};
      team.total(bias);
      if (leads) view.quads[row.index].state[0] = {static_cast<float>(row.end - row.begin), bias[0], 0.0F};
    } else if (pass <= view.values.quads()) {
      float sum[sums];
      sum_quad(view, given, team, row, pass - 1, moves, sum);
      team.total(sum);
      if (leads) keep(sum, view.quads[row.index]);
    } else {
      leave(view, given, team, row, moves);
    }
  }

 private:
  /// Those of the pass before, by which the values have moved.
  __device__ float4 take_moves(std::int64_t row) const {
    const cpu::RowState* state = view.quads[row].state;
    if (pass == 1) {
      view.values.bias[row] += state[0].move;
      return make_float4(state[0].move, 0, 0, 0);
    }
    float4& value = quad_of(view.values.vectors, row, pass - 2);
    const float4 moves = make_float4(state[0].move, state[1].move, state[2].move, state[3].move);
    add_scaled(1.0F, moves, value);
    return moves;
  }
  static __device__ void keep(const float (&sum)[sums], BayesQuad& quad) {
    int crossed = 0;
#pragma unroll
    for (int i = 0; i < 4; ++i) {
      quad.state[i] = {sum[place_of(i, i)], sum[pairs + i], 0.0F};
#pragma unroll
      for (int j = i + 1; j < 4; ++j) quad.cross[crossed++] = sum[place_of(i, j)];
    }
  }
};

template <typename Work>
__global__ void __launch_bounds__(threads) walk_rows_kernel(Work work) {
  __shared__ Block::Shared shared;
  const RowPlanView& plan = work.block().plan;
  const int thread = static_cast<int>(threadIdx.x);
  std::int64_t at = blockIdx.x;
  if (at < plan.long_rows.size) {
    work(Block{thread, &shared}, row_of(work.block(), true, plan.long_rows[at].row));
    return;
  }
  at -= plan.long_rows.size;
  const std::int64_t medium_blocks = (plan.medium_rows.size + warps - 1) / warps;
  if (at < medium_blocks) {
    const std::int64_t place = at * warps + thread / warp_size;
    const bool there = place < plan.medium_rows.size;
    work(Lanes<warp_size>{thread % warp_size}, row_of(work.block(), there, there ? plan.medium_rows[place] : 0));
    return;
  }
  constexpr int width = RowPlan::lanes_a_short_row;
  const std::int64_t place = (at - medium_blocks) * (threads / width) + thread / width;
  const bool there = place < plan.short_rows.size;
  work(Lanes<width>{thread % width}, row_of(work.block(), there, there ? plan.short_rows[place] : 0));
}

/// One launch, the longest rows first.
template <typename Work>
void walk_rows(Device& device, const BayesBlockView& block, const Work& work) {
  constexpr std::int64_t short_rows = threads / RowPlan::lanes_a_short_row;
  const std::int64_t blocks = block.plan.long_rows.size + (block.plan.medium_rows.size + warps - 1) / warps +
                              (block.plan.short_rows.size + short_rows - 1) / short_rows;
  if (blocks == 0) return;
  walk_rows_kernel<<<static_cast<unsigned>(blocks), threads, 0, device.stream()>>>(work);
  EMBRACE_CHECK(cudaGetLastError());
}

/// A thread a row with ratings.
__global__ void __launch_bounds__(threads) draw_identities_kernel(Identities identities, std::int64_t dimension) {
  const BayesBlockView& block = identities.block;
  const std::int64_t row = static_cast<std::int64_t>(blockIdx.x) * threads + threadIdx.x;
  if (row >= block.values.vectors.rows || !block.rated(row)) return;
  BayesQuad& quad = block.quads[row];
  const int at = dimension == 0 ? 0 : static_cast<int>((dimension - 1) % 4);
  cpu::RowState state = quad.state[at];
  for (int i = 0; i < at; ++i) state.target -= quad.cross[i * (5 - i) / 2 + at - 1] * quad.state[i].move;
  if (block.identity) {
    state.move = identities.draw(dimension, row, state.squares, state.target, identities.noise(dimension, row));
    state.target -= state.squares * state.move;
  }
  quad.state[at] = state;
}

}  // namespace

void sample_rows(Device& device, const BayesBlockView& block, const BayesGiven& given) {
  EMBRACE_PHASE("rows");
  walk_rows(device, block, SampleRow{{block, given}});
}

void pass_rows(Device& device, const BayesBlockView& block, const BayesGiven& given, std::int64_t pass) {
  EMBRACE_PHASE("rows");
  walk_rows(device, block, PassRow{block, given, pass});
}

void draw_identities(Device& device, const BayesBlockView& block, const BayesGiven& given, std::int64_t dimension) {
  EMBRACE_PHASE("identities");
  const std::int64_t rows = block.values.vectors.rows;
  if (rows == 0) return;
  draw_identities_kernel<<<blocks_for(rows, threads), threads, 0, device.stream()>>>({block, given}, dimension);
  EMBRACE_CHECK(cudaGetLastError());
}

}  // namespace embrace::gpu
