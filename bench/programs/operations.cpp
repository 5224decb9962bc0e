// embrace-bench-ops: every operation of bench/cases on its large shapes, verified before the first timed run.
// Names: <operation>/<backend>/<shape>.
#include <algorithm>
#include <memory>

#include "bench/cases/operation.hpp"
#include "bench/programs/benchmark_main.hpp"

namespace embrace {
namespace {

using cases::Case;
using cases::Operation;
using cases::Shape;

/// The operation on all small shapes: the reference is too slow for the large ones.
std::string verify(const Operation& operation, Threads& threads) {
  for (const Shape& shape : operation.small) {
    const std::unique_ptr<Case> input = operation.make(shape, 1);
    const cases::Prepared prepared = input->cpu(threads);
    prepared.run();
    const std::string wrong = cases::difference(prepared.answer(), input->reference(), input->bound());
    if (!wrong.empty()) return shape.name + ": " + wrong;
  }
  return "";
}

void run_on_cpu(benchmark::State& state, const Operation& operation, const Shape& shape) {
  Threads threads(programs::thread_count());
  if (const std::string wrong = verify(operation, threads); !wrong.empty()) {
    return programs::report_incorrect(state, wrong);
  }
  const std::unique_ptr<Case> input = operation.make(shape, 1);
  const cases::Prepared prepared = input->cpu(threads);
  prepared.run();  // memory is touched and caches are warm
  for (auto _ : state) prepared.run();
  const cases::Work work = input->work();
  const auto runs = static_cast<double>(state.iterations());
  state.SetBytesProcessed(static_cast<std::int64_t>(work.bytes * runs));
  state.SetItemsProcessed(static_cast<std::int64_t>(work.items * runs));
  if (work.flops > 0) state.counters["flops"] = benchmark::Counter(work.flops * runs, benchmark::Counter::kIsRate);
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
}

}  // namespace
}  // namespace embrace

int main(int argc, char** argv) { return embrace::programs::run_benchmarks(argc, argv, embrace::add_operations); }
