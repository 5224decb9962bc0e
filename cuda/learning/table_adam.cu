// Adam's step (host/math/adam.hpp) of all rows of a table, row r with shares[r] of the rate. Mapping: a thread four
// numbers of a row. Cost: 28 bytes a number, 16 read and 12 written; bound by memory.
#include "cuda/learning/table_adam.hpp"

#include "cuda/device/phase.hpp"
#include "cuda/math/adam.cuh"
#include "cuda/math/quads.cuh"
#include "cuda/math/reduce.cuh"

namespace embrace::gpu {
namespace {

constexpr int threads = 256;

__global__ void __launch_bounds__(threads)
    step_rows_kernel(AdamFactors step, DeviceSpan<const float> shares, DeviceMatrixView<const float> gradient,
                     DeviceMatrixView<float> table, DeviceMatrixView<float> first_moment,
                     DeviceMatrixView<float> second_moment) {
  const std::int64_t i = static_cast<std::int64_t>(blockIdx.x) * threads + threadIdx.x;
  const std::int64_t quads = table.stride / 4, row = i / quads, quad = i % quads;
  if (row >= table.rows) return;
  step.rate *= shares[row];
  step(quad_of(gradient, row, quad), quad_of(table, row, quad), quad_of(first_moment, row, quad),
       quad_of(second_moment, row, quad));
}

}  // namespace

TableAdam::TableAdam(Device& device, Span<const float> shares, std::int64_t columns)
    : shares_(device, shares),
      first_moment_(device, shares.size(), columns),
      second_moment_(device, shares.size(), columns) {}

std::int64_t TableAdam::bytes(std::int64_t rows, std::int64_t columns) {
  return 4 * rows + 2 * DeviceMatrix::bytes(rows, columns);
}

void TableAdam::step(Device& device, double rate, DeviceMatrixView<const float> gradient,
                     DeviceMatrixView<float> table) {
  EMBRACE_PHASE("step");
  const AdamFactors step(embrace::AdamStep(rate, 0, ++steps_));
  if (table.rows == 0) return;
  step_rows_kernel<<<blocks_for(table.rows * table.stride / 4, threads), threads, 0, device.stream()>>>(
      step, shares_.span(), gradient, table, first_moment_.view(), second_moment_.view());
  EMBRACE_CHECK(cudaGetLastError());
}

}  // namespace embrace::gpu
