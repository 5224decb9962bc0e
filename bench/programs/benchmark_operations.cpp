// embrace-bench-ops: every operation of bench/cases on its large shapes, on the processor and on the first CUDA device,
// there also what Thrust makes of some. Names: <operation>/<backend>/<shape>, and the same with /cold, where caches are
// emptied before each run. An entry verifies the operation, then takes at least ten samples; its rates are those of
// their median, and its shares are of the rates at which this backend copies and multiplies in this very run.
#include <fmt/format.h>

#include <cstdio>
#include <map>
#include <memory>
#include <optional>
#include <utility>

#include "bench/programs/benchmark_main.hpp"
#include "bench/programs/operation_backends.hpp"
#include "bench/say.hpp"
#include "bench/spread.hpp"

namespace embrace {
namespace {

using cases::Inputs;
using cases::Operation;
using cases::Shape;
using cases::TimedRun;
using cases::Work;
using programs::OperationBackend;

constexpr std::size_t fewest_samples = 10;
constexpr benchmark::IterationCount cold_samples = 15;  // given, since emptying caches may take far longer than a run

enum class Caches { warm, cold };

struct Ready {
  std::unique_ptr<Inputs> input;
  TimedRun timed;
};

/// Rates of copying and of float products: what other rates are a share of.
struct Peaks {
  double bytes_per_second = 0;
  double flops = 0;
};

/// A backend with what was found out about it in this run.
class Bench {
 public:
  explicit Bench(std::unique_ptr<OperationBackend> backend) : backend_(std::move(backend)) {}
  OperationBackend& backend() { return *backend_; }

  /// What is wrong with the operation's answers on the small shapes, whose references are quick; empty: nothing.
  const std::string& fault_of(const Operation& operation) {
    const auto [entry, is_new] = faults_.try_emplace(operation.name);
    for (const Shape& shape : operation.small) {
      if (!is_new || !entry->second.empty()) break;
      const Inputs input = operation.inputs(shape, 1);
      const TimedRun timed = backend_->prepare(operation, input);
      timed.run();
      const std::string wrong = cases::difference(timed.answer(), operation.reference(input), operation.bound);
      if (!wrong.empty()) entry->second = shape.name + ": " + wrong;
    }
    return entry->second;
  }

  /// Kept until another entry begins: Google Benchmark calls an entry several times.
  const Ready& ready(const Operation& operation, const Shape& shape) {
    const std::string name = operation.name + "/" + shape.name;
    if (name == ready_name_) return *ready_;
    ready_.reset();
    ready_name_ = name;
    ready_ = make_ready(operation, shape);
    return *ready_;
  }

  const Peaks& peaks() {
    if (peaks_) return *peaks_;
    peaks_.emplace();
    for (const Operation& operation : cases::operations()) {
      if (operation.name != "copy" && operation.name != "gemm") continue;
      const Ready peak = make_ready(operation, operation.large.back());
      std::vector<double> seconds;
      while (seconds.size() < fewest_samples) seconds.push_back(peak.timed.run());
      const Work work = operation.work(*peak.input);
      const double median = spread_of(seconds).median;
      if (operation.name == "copy") peaks_->bytes_per_second = work.bytes / median;
      if (operation.name == "gemm") peaks_->flops = work.flops / median;
    }
    return *peaks_;
  }

 private:
  Ready make_ready(const Operation& operation, const Shape& shape) {
    auto input = std::make_unique<Inputs>(operation.inputs(shape, 1));
    TimedRun timed = backend_->prepare(operation, *input);
    timed.run();  // memory is touched and caches are warm
    return {std::move(input), std::move(timed)};
  }

  std::unique_ptr<OperationBackend> backend_;
  std::map<std::string, std::string> faults_;
  std::optional<Ready> ready_;
  std::string ready_name_;
  std::optional<Peaks> peaks_;
};

void set_rates(benchmark::State& state, Bench& bench, const Work& work, const std::vector<double>& seconds) {
  using benchmark::Counter;
  const Spread spread = spread_of(seconds);
  state.counters["median_seconds"] = spread.median;
  state.counters["spread"] = spread.relative;
  state.counters["samples"] = static_cast<double>(seconds.size());
  state.counters["bytes_per_second"] = Counter(work.bytes / spread.median, Counter::kDefaults, Counter::kIs1024);
  state.counters["items_per_second"] = work.items / spread.median;
  state.counters["share_of_copy"] = work.bytes / spread.median / bench.peaks().bytes_per_second;
  if (work.flops == 0) return;
  state.counters["flops"] = work.flops / spread.median;
  state.counters["share_of_gemm"] = work.flops / spread.median / bench.peaks().flops;
}

void run(benchmark::State& state, Bench& bench, const Operation& operation, const Shape& shape, Caches caches) {
  const std::string& wrong = bench.fault_of(operation);
  if (!wrong.empty()) return programs::report_incorrect(state, wrong);
  if (!bench.backend().times_count()) return programs::report_verified_only(state);
  const Ready& ready = bench.ready(operation, shape);
  std::vector<double> seconds;
  const auto sample = [&] {
    if (caches == Caches::cold) bench.backend().flush_caches();
    return seconds.emplace_back(ready.timed.run());
  };
  for (auto _ : state) state.SetIterationTime(sample());
  while (seconds.size() < fewest_samples) sample();
  set_rates(state, bench, operation.work(*ready.input), seconds);
}

void add_operations_on(Bench& bench) {
  for (const Operation& operation : cases::operations()) {
    if (!bench.backend().offers(operation)) continue;
    for (const Shape& shape : operation.large) {
      for (const Caches caches : {Caches::warm, Caches::cold}) {
        const std::string name =
            operation.name + "/" + bench.backend().name() + "/" + shape.name + (caches == Caches::cold ? "/cold" : "");
        auto* entry =
            benchmark::RegisterBenchmark(name.c_str(), [&bench, &operation, &shape, caches](benchmark::State& state) {
              run(state, bench, operation, shape, caches);
            });
        entry->UseManualTime()->Unit(benchmark::kMillisecond);
        if (caches == Caches::cold) entry->Iterations(cold_samples);
      }
    }
  }
}

void add_operations() {
  static Bench on_cpu(programs::operations_on_cpu(programs::thread_count()));
  add_operations_on(on_cpu);
  const std::vector<DeviceInfo> devices = usable_devices();
  if (devices.size() < 2) {
    say("no CUDA device: ", why_no_cuda());
    return;
  }
  static Bench on_gpu(programs::operations_on(devices[1], cases::DeviceCode::ours));
  static Bench by_thrust(programs::operations_on(devices[1], cases::DeviceCode::thrust));
  add_operations_on(on_gpu);
  add_operations_on(by_thrust);
}

}  // namespace
}  // namespace embrace

int main(int argc, char** argv) { return embrace::programs::run_benchmarks(argc, argv, embrace::add_operations); }
