// ease on a device; the twin of host/methods/ease.cpp, with the same formulas: P = (X'X + diag(γ))⁻¹, B = 1 - P
// diag(s). Mapping: a thread an item or an element. Cost of the kernels here: 8 bytes an element of B; what takes the
// time is in cuda/math/count_together.cu and invert_symmetric.cu.
#include <algorithm>

#include "cuda/device/phase.hpp"
#include "cuda/learning/item_trainer.hpp"
#include "cuda/math/count_together.hpp"
#include "cuda/math/invert_symmetric.hpp"
#include "cuda/math/reduce.cuh"
#include "cuda/math/sparse.hpp"
#include "cuda/math/sums.hpp"
#include "cuda/trainers.hpp"
#include "host/error.hpp"

namespace embrace::gpu {
namespace {

constexpr int threads = 256;

/// λ, p / (1 - p) and ξ.
struct Penalty {
  double regularization, share, diagonal;
};

__global__ void __launch_bounds__(threads)
    add_ridge_kernel(DeviceMatrixView<float> m, Penalty penalty, DeviceSpan<float> ridge) {
  const std::int64_t i = static_cast<std::int64_t>(blockIdx.x) * threads + threadIdx.x;
  if (i >= m.rows) return;
  ridge[i] = static_cast<float>(penalty.regularization + static_cast<double>(m(i, i)) * penalty.share);
  m(i, i) += ridge[i];
}

/// What columns of P are multiplied by, what then stands on the diagonal, and each column's share of the loss. `ridge`
/// is read and becomes the diagonal.
__global__ void __launch_bounds__(threads)
    read_diagonal_kernel(DeviceMatrixView<const float> weights, Penalty penalty, DeviceSpan<float> ridge,
                         DeviceSpan<float> scale, DeviceSpan<double> loss) {
  const std::int64_t j = static_cast<std::int64_t>(blockIdx.x) * threads + threadIdx.x;
  if (j >= weights.rows) return;
  const auto p = static_cast<double>(weights(j, j)), gamma = static_cast<double>(ridge[j]);
  const double s = max(gamma, (1 - penalty.diagonal) / p);
  scale[j] = static_cast<float>(-s);
  loss[j] = gamma - 2 * gamma * s * p + s * s * p;
  ridge[j] = penalty.diagonal > 0 ? static_cast<float>(min(penalty.diagonal, 1 - p * s)) : 0.0F;
}

__global__ void __launch_bounds__(threads)
    scale_columns_kernel(DeviceMatrixView<float> m, DeviceSpan<const float> scale, DeviceSpan<const float> diagonal) {
  const std::int64_t j = static_cast<std::int64_t>(blockIdx.x) * threads + threadIdx.x;
  if (j >= m.columns) return;
  for (std::int64_t i = blockIdx.y; i < m.rows; i += gridDim.y) m(i, j) = i == j ? diagonal[j] : m(i, j) * scale[j];
}

MemoryPlan plan(const Problem& problem) {
  return MemoryPlan()
      .add("ratings by item", DeviceCsr::bytes(problem.by_item))
      .add("inverse", invert_symmetric_bytes(problem.items()) + 16 * problem.items())
      .at_least("ratings by item, while they are sorted", transposed_bytes(problem.ratings));
}

class Ease final : public ItemTrainer {
 public:
  Ease(DevicePtr shared, const Problem& problem)
      : ItemTrainer(std::move(shared), problem, plan(problem)),
        by_item_(transposed(device(), ratings().view())),
        penalty_{problem.hyper["regularization"], problem.hyper["dropout"] / (1 - problem.hyper["dropout"]),
                 problem.hyper["diagonal"]} {}

  EpochResult epoch() override {
    const DeviceMatrixView<float> weights = weights_.view();
    const std::int64_t items = weights.rows, entries = by_item_.view().entries();
    if (items == 0) return {};
    const unsigned blocks = blocks_for(items, threads);
    count_together(device(), ratings().view(), by_item_.view(), weights);
    DeviceBuffer<float> ridge(device(), items);
    add_ridge_kernel<<<blocks, threads, 0, device().stream()>>>(weights, penalty_, ridge.span());
    EMBRACE_CHECK(cudaGetLastError());
    try {
      invert_symmetric(device(), weights);
    } catch (const Diverged& error) {
      throw Diverged(std::string(error.what()) + "; raise regularization");
    }
    DeviceBuffer<float> scale(device(), items);
    DeviceBuffer<double> loss(device(), items);
    read_diagonal_kernel<<<blocks, threads, 0, device().stream()>>>(weights, penalty_, ridge.span(), scale.span(),
                                                                    loss.span());
    EMBRACE_CHECK(cudaGetLastError());
    scale_columns_kernel<<<matrix_grid(items, items, threads), threads, 0, device().stream()>>>(weights, scale.span(),
                                                                                                ridge.span());
    EMBRACE_CHECK(cudaGetLastError());
    const double whole = sum(device(), std::as_const(loss).span());  // waits for all of it
    return {whole / static_cast<double>(std::max<std::int64_t>(1, entries)), entries};
  }

 private:
  DeviceCsr by_item_;
  Penalty penalty_;
};

}  // namespace

std::unique_ptr<Trainer> make_ease(DevicePtr device, const Problem& problem) {
  return std::make_unique<Ease>(std::move(device), problem);
}

}  // namespace embrace::gpu
