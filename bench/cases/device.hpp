// What bench/cases/<name>_device.cpp is made from: an operation's inputs are copied to a CUDA device, then its kernels
// run there as often as wanted. These files are part of libembrace_cuda.so, not of the programs.
#pragma once
#include <memory>
#include <utility>
#include <vector>

#include "bench/cases/operation.hpp"
#include "cuda/device/device.hpp"

namespace embrace::cases {

/// `work(device, state)` is timed between two events; `answer(device, state)` reads the result. `State` is what the
/// operation reads and writes on the device; `reset(device, state)` comes before each run and is not timed.
template <typename State, typename Reset, typename Work, typename Answer>
TimedRun timed_on_device(gpu::DevicePtr device, State state, Reset reset, Work work, Answer answer) {
  struct Shared {
    Shared(gpu::DevicePtr on, State from) : device(std::move(on)), timer(*device), state(std::move(from)) {}
    gpu::DevicePtr device;  // before what lies on it
    gpu::Timer timer;
    State state;
  };
  auto shared = std::make_shared<Shared>(std::move(device), std::move(state));
  return {[shared, reset, work] {
            reset(*shared->device, shared->state);
            shared->timer.start();
            work(*shared->device, shared->state);
            return shared->timer.seconds();
          },
          [shared, answer] { return answer(*shared->device, std::as_const(shared->state)); }};
}

/// For work that leaves what it reads as it is.
template <typename State, typename Work, typename Answer>
TimedRun timed_on_device(gpu::DevicePtr device, State state, Work work, Answer answer) {
  return timed_on_device(
      std::move(device), std::move(state), [](gpu::Device&, State&) {}, work, answer);
}

inline gpu::DeviceMatrix uploaded(gpu::Device& device, const Matrix& from) {
  gpu::DeviceMatrix matrix(device, from.rows(), from.columns());
  matrix.upload(device, from.view());
  return matrix;
}

template <typename T>
std::vector<double> doubles(const std::vector<T>& values) {
  std::vector<double> all;
  all.reserve(values.size());
  for (const T value : values) all.push_back(static_cast<double>(value));
  return all;
}

inline std::vector<double> doubles(const Matrix& values) { return {values.data(), values.data() + values.size()}; }

}  // namespace embrace::cases
