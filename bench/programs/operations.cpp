// embrace-bench-ops: every operation of bench/cases on its large shapes, verified before the first timed run.
// Names: <operation>/<backend>/<shape>, and on a GPU <operation>/gpu/<shape>/cold with caches emptied before each run.
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <memory>

#include "bench/cases/operation.hpp"
#include "bench/devices.hpp"
#include "bench/programs/benchmark_main.hpp"

namespace embrace {
namespace {

using cases::Case;
using cases::Operation;
using cases::Shape;
using cases::Work;

/// The operation on all small shapes: the reference is too slow for the large ones. `answer` runs one case.
template <typename Answer>
std::string verify(const Operation& operation, Answer answer) {
  for (const Shape& shape : operation.small) {
    const std::unique_ptr<Case> input = operation.make(shape, 1);
    const std::string wrong = cases::difference(answer(*input), input->reference(), input->bound());
    if (!wrong.empty()) return shape.name + ": " + wrong;
  }
  return "";
}

void set_rates(benchmark::State& state, const Work& work) {
  const auto runs = static_cast<double>(state.iterations());
  state.SetBytesProcessed(static_cast<std::int64_t>(work.bytes * runs));
  state.SetItemsProcessed(static_cast<std::int64_t>(work.items * runs));
  if (work.flops > 0) state.counters["flops"] = benchmark::Counter(work.flops * runs, benchmark::Counter::kIsRate);
}

void run_on_cpu(benchmark::State& state, const Operation& operation, const Shape& shape) {
  Threads threads(programs::thread_count());
  const std::string wrong = verify(operation, [&](const Case& input) {
    const cases::Prepared prepared = input.cpu(threads);
    prepared.run();
    return prepared.answer();
  });
  if (!wrong.empty()) return programs::report_incorrect(state, wrong);
  const std::unique_ptr<Case> input = operation.make(shape, 1);
  const cases::Prepared prepared = input->cpu(threads);
  prepared.run();  // memory is touched and caches are warm
  for (auto _ : state) prepared.run();
  set_rates(state, input->work());
}

/// The device's rates of copying and of float products in this very run: what other rates are a share of.
struct Peaks {
  double bytes_per_second = 0;
  double flops = 0;
};

double median_seconds(const gpu::DeviceRun& prepared) {
  std::vector<double> seconds;
  prepared.run();  // warm
  for (int repetition = 0; repetition < 11; ++repetition) seconds.push_back(prepared.run());
  std::nth_element(seconds.begin(), seconds.begin() + 5, seconds.end());
  return seconds[5];
}

const Peaks& peaks(const gpu::Operations& on) {
  static const Peaks found = [&] {
    Peaks result;
    for (const Operation& operation : cases::operations()) {
      if (operation.name != "copy" && operation.name != "gemm") continue;
      const std::unique_ptr<Case> input = operation.make(operation.large.back(), 1);
      const double seconds = median_seconds(input->gpu(on));
      if (operation.name == "copy") result.bytes_per_second = input->work().bytes / seconds;
      if (operation.name == "gemm") result.flops = input->work().flops / seconds;
    }
    return result;
  }();
  return found;
}

enum class Caches { warm, cold };

void run_on_gpu(benchmark::State& state, const Operation& operation, const Shape& shape, const DeviceInfo& device,
                Caches caches) {
  const std::unique_ptr<gpu::Operations> on = make_operations(device);
  const std::string wrong = verify(operation, [&](const Case& input) {
    const gpu::DeviceRun prepared = input.gpu(*on);
    prepared.run();
    return prepared.answer();
  });
  if (!wrong.empty()) return programs::report_incorrect(state, wrong);
  if (device.kind == "emulated") return programs::report_verified_only(state);
  const std::unique_ptr<Case> input = operation.make(shape, 1);
  const gpu::DeviceRun prepared = input->gpu(*on);
  prepared.run();
  double total = 0;
  for (auto _ : state) {
    if (caches == Caches::cold) on->flush_caches();
    const double seconds = prepared.run();
    total += seconds;
    state.SetIterationTime(seconds);
  }
  const Work work = input->work();
  set_rates(state, work);
  const double mean = total / static_cast<double>(state.iterations());
  state.counters["share_of_copy"] = work.bytes / mean / peaks(*on).bytes_per_second;
  if (work.flops > 0) state.counters["share_of_gemm"] = work.flops / mean / peaks(*on).flops;
}

void add_gpu_operations(const DeviceInfo& device) {
  for (const Operation& operation : cases::operations()) {
    for (const Shape& shape : operation.large) {
      for (const Caches caches : {Caches::warm, Caches::cold}) {
        const std::string name = operation.name + "/gpu/" + shape.name + (caches == Caches::cold ? "/cold" : "");
        benchmark::RegisterBenchmark(name.c_str(),
                                     [&operation, &shape, &device, caches](benchmark::State& state) {
                                       run_on_gpu(state, operation, shape, device, caches);
                                     })
            ->UseManualTime()
            ->Unit(benchmark::kMillisecond);
      }
    }
  }
}

void add_operations() {
  for (const Operation& operation : cases::operations()) {
    for (const Shape& shape : operation.large) {
      benchmark::RegisterBenchmark(
          (operation.name + "/cpu/" + shape.name).c_str(),
          [&operation, &shape](benchmark::State& state) { run_on_cpu(state, operation, shape); })
          ->UseRealTime()
          ->Unit(benchmark::kMillisecond);
    }
  }
  static const std::vector<DeviceInfo> devices = usable_devices();
  if (devices.size() > 1) {
    add_gpu_operations(devices[1]);
  } else {
    fmt::print(stderr, "no CUDA device: {}\n", why_no_cuda());
  }
}

}  // namespace
}  // namespace embrace

int main(int argc, char** argv) { return embrace::programs::run_benchmarks(argc, argv, embrace::add_operations); }
