// slim on a device; the twin of host/methods/slim.cpp: a problem for each column x_j of the users × items matrix X,
//   minimize 1/2 |x_j - X w|² + λ/2 |w|² + λ₁ |w|₁ over w ≥ 0 with w_j = 0
// by the same descent, in the same order, with the same end. What the host sums over users is here kept up to date by
// counts of items together, G = X'X (Friedman, Hastie, Tibshirani 2010, section 2.2, covariance updates):
//   q = X' (x_j - X w)          w_i ← max(0, (q_i + n_i w_i - λ₁) / (n_i + λ)),   q ← q - (what w_i moved by) G_i
// q is made anew, of G_j and the weights, whenever items are looked for that want one. The loss follows from it:
//   |x_j - X w|² = G_jj - Σ_i w_i (G_ij + q_i)
// Mapping: a warp, and block, a column at a time, those of most ratings first. Items with a weight are in a list, whose
//   places l, l + 32 and so on are lane l's, which alone reads and writes their q and w. The lane whose place is next
//   makes the step and tells the others by a shuffle: a sweep has no barrier, and columns do not wait for each other.
// Cost for a weights: of a sweep 4 a bytes of G for each of them, at random, one step after the other; of a look for
//   others 4 a bytes of G an item, coalesced. G is items × items, 4 bytes each, and so are the weights to score by.
#include <algorithm>
#include <limits>
#include <numeric>
#include <utility>

#include "cuda/device/phase.hpp"
#include "cuda/learning/item_trainer.hpp"
#include "cuda/math/reduce.cuh"
#include "cuda/math/row_products.hpp"
#include "cuda/math/sums.hpp"
#include "cuda/trainers.hpp"
#include "host/array.hpp"

namespace embrace::gpu {
namespace {

constexpr float tolerance = 1e-4F;  // those of the host
constexpr int most_sweeps = 100;
constexpr int most_rounds = 20;
constexpr std::int64_t blocks_a_multiprocessor = 32;  // all that it takes
constexpr std::int64_t workspace_bytes = std::int64_t{1} << 30U;

struct Work {
  DeviceMatrixView<const float> together;  // G
  DeviceCsrView by_item;
  DeviceSpan<const std::int32_t> order;  // of columns
  float ridge, lasso;
  DeviceMatrixView<float> left, column;   // a row a block: q and w, of those that are listed; others' w is 0
  DeviceMatrixView<std::int32_t> listed;  // likewise, items in the order in which they came
  DeviceMatrixView<float> weights;        // from each item, a row, to each; zeros
  DeviceSpan<double> losses;              // of columns

  __device__ float count(std::int64_t item) const { return static_cast<float>(by_item.size(item)); }
};

/// One column at a time; a warp's. All lanes have the same numbers here.
class ColumnSolver {
 public:
  __device__ explicit ColumnSolver(const Work& work)
      : work_(work),
        lane_(static_cast<int>(threadIdx.x)),
        left_(work.left.row(blockIdx.x)),
        column_(work.column.row(blockIdx.x)),
        listed_(work.listed.row(blockIdx.x)) {}

  __device__ void solve(std::int64_t j) {
    size_ = 0;
    largest_ = 0;
    for (int round = 0; round < most_rounds && activate(j); ++round) {
      bool moved = true;
      for (int sweep = 0; sweep < most_sweeps && moved; ++sweep) {
        moved = move_all();
        drop_zeros();
      }
    }
    take(j);
  }

 private:
  /// Lists the items that would get a weight; false when there are none.
  __device__ bool activate(std::int64_t j) {
    const std::int64_t items = work_.together.columns;
    const int before = size_;
    for (std::int64_t first = 0; first < items; first += warp_size) {
      const std::int64_t i = first + lane_;
      size_ = append(size_, i < items && refresh(i, j, before), static_cast<std::int32_t>(i));
    }
    __syncwarp();  // the list and q are whole
    return size_ > before;
  }

  /// Makes q of an item anew; whether it has no weight and wants one.
  __device__ bool refresh(std::int64_t i, std::int64_t j, int listed) {
    float left = work_.together(j, i);
    for (int place = 0; place < listed; ++place) {
      const std::int32_t item = listed_[place];
      left -= column_[item] * work_.together(item, i);
    }
    const float least = tolerance * largest_ * (work_.count(i) + work_.ridge);
    const bool has = column_[i] != 0, wants = left - work_.lasso > fmaxf(least, std::numeric_limits<float>::min());
    if (has || wants) left_[i] = left;
    return wants && !has && i != j;
  }

  /// Once each weight to its minimum while the others rest; false when none moved.
  __device__ bool move_all() {
    float largest_move = 0;
    largest_ = 0;
    for (int place = 0; place < size_; ++place) {
      const std::int32_t item = listed_[place];
      const int owner = place % warp_size;
      float weight = 0, move = 0;
      if (lane_ == owner) {
        const float n = work_.count(item), old = column_[item];
        weight = fmaxf(0.0F, (left_[item] + n * old - work_.lasso) / (n + work_.ridge));
        move = weight - old;
        column_[item] = weight;
      }
      weight = __shfl_sync(all_lanes, weight, owner);
      move = __shfl_sync(all_lanes, move, owner);
      if (move != 0) {
        for (int other = lane_; other < size_; other += warp_size) {
          left_[listed_[other]] -= move * work_.together(item, listed_[other]);
        }
      }
      largest_ = fmaxf(largest_, weight);
      largest_move = fmaxf(largest_move, fabsf(move));
    }
    return largest_move > tolerance * largest_;
  }

  /// Closes the gaps that items without a weight leave in the list.
  __device__ void drop_zeros() {
    int kept = 0;
    for (int first = 0; first < size_; first += warp_size) {
      const int place = first + lane_;
      const std::int32_t item = place < size_ ? listed_[place] : 0;
      const bool stays = place < size_ && column_[item] != 0;
      __syncwarp();  // all have read before a place is written that another lane reads
      kept = append(kept, stays, item);
    }
    size_ = kept;
    __syncwarp();  // the list is whole
  }

  /// Adds the items of those lanes that have one to a list of `size`, in their order; the new size.
  __device__ int append(int size, bool has, std::int32_t item) {
    const unsigned having = __ballot_sync(all_lanes, has), lower = (1U << static_cast<unsigned>(lane_)) - 1U;
    if (has) listed_[size + __popc(having & lower)] = item;
    return size + __popc(having);
  }

  __device__ void take(std::int64_t j) {
    double loss = 0;
    for (int place = lane_; place < size_; place += warp_size) {
      const std::int32_t item = listed_[place];
      const float weight = column_[item];
      const auto w = static_cast<double>(weight), ridge = static_cast<double>(work_.ridge);
      loss += ridge / 2 * w * w + static_cast<double>(work_.lasso) * w -
              w / 2 * (static_cast<double>(work_.together(j, item)) + static_cast<double>(left_[item]));
      work_.weights(item, j) = weight;
      column_[item] = 0;
    }
    loss = group_sum<warp_size>(loss);
    if (lane_ == 0) work_.losses[j] = loss + static_cast<double>(work_.together(j, j)) / 2;
    __syncwarp();  // no weight is left for the next column
  }

  const Work& work_;
  int lane_;
  float *left_, *column_;
  std::int32_t* listed_;
  int size_ = 0;  // of the list
  float largest_ = 0;
};

__global__ void __launch_bounds__(warp_size) solve_columns_kernel(Work work) {
  ColumnSolver solver(work);
  for (std::int64_t place = blockIdx.x; place < work.order.size; place += gridDim.x) solver.solve(work.order[place]);
}

std::int64_t blocks_of(const Device& device, std::int64_t columns, std::int64_t items) {
  const std::int64_t room = std::max<std::int64_t>(1, workspace_bytes / (12 * std::max<std::int64_t>(items, 1)));
  return std::min({columns, room, blocks_a_multiprocessor * device.multiprocessors()});
}

MemoryPlan plan(const Device& device, const Problem& problem) {
  const std::int64_t items = problem.items();
  return MemoryPlan()
      .add("ratings by item", DeviceCsr::bytes(problem.by_item))
      .add("counts of items together", DeviceMatrix::bytes(items, items))
      .add("columns", 12 * blocks_of(device, items, items) * items + 16 * items);
}

class Slim final : public ItemTrainer {
 public:
  Slim(const DevicePtr& shared, const Problem& problem)
      : ItemTrainer(shared, problem, plan(*shared, problem)),
        by_item_(device(), problem.by_item),
        order_(longest_first(device(), problem.by_item)),
        ridge_(static_cast<float>(problem.hyper["regularization"])),
        lasso_(static_cast<float>(problem.hyper["l1"])) {}

  EpochResult epoch() override {
    if (order_.size() == 0) return {};
    const std::int64_t items = by_item_.view().rows, entries = by_item_.view().entries();
    DeviceMatrix together(device(), items, items);
    count(together.view());
    DeviceBuffer<double> losses(device(), items);
    losses.clear();
    solve(std::as_const(together).view(), losses.span());
    const double whole = sum(device(), std::as_const(losses).span());  // waits for all of it
    return {whole / static_cast<double>(entries), entries};
  }

 private:
  void count(DeviceMatrixView<float> together) {
    EMBRACE_PHASE("counts");
    Array<std::int32_t> all(together.rows);
    std::iota(all.begin(), all.end(), 0);
    const DeviceBuffer<std::int32_t> chosen(device(), Span<const std::int32_t>(all));
    multiply_rows(device(), {without_values(by_item_.view()), without_values(ratings().view())}, chosen.span(),
                  together);
  }

  void solve(DeviceMatrixView<const float> together, DeviceSpan<double> losses) {
    EMBRACE_PHASE("solve columns");
    const std::int64_t items = together.rows, blocks = blocks_of(device(), order_.size(), items);
    DeviceBuffer<float> left(device(), blocks * items), column(device(), blocks * items);
    DeviceBuffer<std::int32_t> listed(device(), blocks * items);
    column.clear();
    const Work work{.together = together,
                    .by_item = by_item_.view(),
                    .order = order_.span(),
                    .ridge = ridge_,
                    .lasso = lasso_,
                    .left = {left.span().data, blocks, items, items},
                    .column = {column.span().data, blocks, items, items},
                    .listed = {listed.span().data, blocks, items, items},
                    .weights = weights_.view(),
                    .losses = losses};
    solve_columns_kernel<<<static_cast<unsigned>(blocks), warp_size, 0, device().stream()>>>(work);
    EMBRACE_CHECK(cudaGetLastError());
  }

  DeviceCsr by_item_;
  DeviceBuffer<std::int32_t> order_;  // of columns
  float ridge_, lasso_;
};

}  // namespace

std::unique_ptr<Trainer> make_slim(DevicePtr device, const Problem& problem) {
  return std::make_unique<Slim>(std::move(device), problem);
}

}  // namespace embrace::gpu
