// Biases of rows: b_r = Σ_e (v_e - mean - other[column of e]) / (regularization + n_r), summed in double; the means of
// users and items are the case without mean, other and regularization. Koren and Bell 2011, section 5.2.1.
// Mapping and cost: cuda/math/rows.cuh; 4 bytes more an entry for `other`, whose array stays in the L2 cache.
#include "cuda/device/phase.hpp"
#include "cuda/math/rows.cuh"
#include "cuda/math/sums.hpp"
#include "cuda/methods/baselines.hpp"

namespace embrace::gpu {
namespace {

constexpr int threads = 256;

struct Residual {
  double mean;
  DeviceSpan<const float> other;
  __device__ double operator()(std::int32_t column, float value) const {
    return static_cast<double>(value) - mean - (other.empty() ? 0.0 : static_cast<double>(other[column]));
  }
};

struct Divide {
  double regularization;
  bool keep_empty;
  double otherwise;
  DeviceSpan<float> bias;
  __device__ void operator()(std::int64_t row, double sum, std::int64_t size) const {
    if (size > 0) {
      bias[row] = static_cast<float>(sum / (regularization + static_cast<double>(size)));
    } else if (!keep_empty) {
      bias[row] = static_cast<float>(otherwise);
    }
  }
};

__global__ void __launch_bounds__(threads)
    find_means_kernel(DeviceSpan<const std::int64_t> count, DeviceSpan<const double> sum, double otherwise,
                      DeviceSpan<float> bias) {
  const std::int64_t row = static_cast<std::int64_t>(blockIdx.x) * threads + threadIdx.x;
  if (row >= bias.size) return;
  bias[row] = static_cast<float>(count[row] > 0 ? sum[row] / static_cast<double>(count[row]) : otherwise);
}

__global__ void __launch_bounds__(threads)
    copy_counts_kernel(DeviceSpan<const std::int64_t> count, DeviceSpan<float> bias) {
  const std::int64_t row = static_cast<std::int64_t>(blockIdx.x) * threads + threadIdx.x;
  if (row < bias.size) bias[row] = static_cast<float>(count[row]);
}

}  // namespace

void solve_biases(Device& device, const PlannedRows& rows, const BiasSolve& solve, DeviceSpan<const float> other,
                  DeviceSpan<float> bias) {
  EMBRACE_PHASE("biases");
  reduce_rows(device, rows.matrix.view(), rows.plan.view(), Residual{solve.mean, other},
              Divide{solve.regularization, !solve.otherwise.has_value(), solve.otherwise.value_or(0.0), bias});
}

void find_means(Device& device, DeviceSpan<const std::int64_t> count, DeviceSpan<const double> sum, double otherwise,
                DeviceSpan<float> bias) {
  EMBRACE_PHASE("means");
  if (bias.empty()) return;
  find_means_kernel<<<blocks_for(bias.size, threads), threads, 0, device.stream()>>>(count, sum, otherwise, bias);
  EMBRACE_CHECK(cudaGetLastError());
}

void copy_counts(Device& device, DeviceSpan<const std::int64_t> count, DeviceSpan<float> bias) {
  EMBRACE_PHASE("counts");
  if (bias.empty()) return;
  copy_counts_kernel<<<blocks_for(bias.size, threads), threads, 0, device.stream()>>>(count, bias);
  EMBRACE_CHECK(cudaGetLastError());
}

double global_mean(Device& device, const DeviceCsr& ratings) {
  const DeviceCsrView view = ratings.view();
  return view.entries() == 0 ? 0.0 : sum(device, view.values) / static_cast<double>(view.entries());
}

}  // namespace embrace::gpu
