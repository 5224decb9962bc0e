// sums[n] = Σ table(rows[n], ·). A group of 8 lanes a row, four floats a lane: 128 bytes of the row at a time, as the
// kernels of training read vectors. Cost a row: 4 k + 8 bytes.
#include "bench/cases/device.hpp"
#include "cuda/math/reduce.cuh"
#include "host/span.hpp"

namespace embrace::cases {
namespace {

constexpr int threads = 256;
constexpr int lanes_a_row = 8;

__global__ void __launch_bounds__(threads)
    sum_rows_kernel(gpu::DeviceMatrixView<const float> table, gpu::DeviceSpan<const std::int32_t> rows,
                    gpu::DeviceSpan<float> sums) {
  const std::int64_t thread = static_cast<std::int64_t>(blockIdx.x) * threads + threadIdx.x;
  const std::int64_t place = thread / lanes_a_row;
  const bool active = place < rows.size;  // the others only help with the shuffles
  float sum = 0;
  if (active) {
    const auto* row = reinterpret_cast<const float4*>(table.row(rows[place]));
    for (std::int64_t k = thread % lanes_a_row; k < table.stride / 4; k += lanes_a_row) {
      const float4 four = row[k];
      sum += four.x + four.y + (four.z + four.w);
    }
  }
  sum = gpu::group_sum<lanes_a_row>(sum);
  if (active && thread % lanes_a_row == 0) sums[place] = sum;
}

struct State {
  gpu::DeviceMatrix table;
  gpu::DeviceBuffer<std::int32_t> rows;
  gpu::DeviceBuffer<float> sums;
};

}  // namespace

TimedRun gather_on_device(gpu::DevicePtr device, const Inputs& in) {
  State state{uploaded(*device, in.a),
              {*device, Span<const std::int32_t>(in.ratings.users)},
              {*device, static_cast<std::int64_t>(in.ratings.users.size())}};
  const auto work = [](gpu::Device& on, State& s) {
    sum_rows_kernel<<<gpu::blocks_for(s.rows.size(), threads / lanes_a_row), threads, 0, on.stream()>>>(
        std::as_const(s.table).view(), std::as_const(s.rows).span(), s.sums.span());
    EMBRACE_CHECK(cudaGetLastError());
  };
  return timed_on_device(std::move(device), std::move(state), work,
                         [](gpu::Device&, const State& s) { return doubles(s.sums.download()); });
}

}  // namespace embrace::cases
