#include "bench/programs/benchmark_main.hpp"

#include <atomic>
#include <charconv>
#include <memory>
#include <string_view>

#include "bench/blas_core.hpp"
#include "bench/machine.hpp"
#include "bench/programs/display.hpp"
#include "bench/say.hpp"
#include "host/build_info.hpp"
#include "host/math/product.hpp"
#include "host/threads.hpp"

namespace embrace::programs {
namespace {

int threads_chosen = 0;
std::atomic<bool> incorrect{false};

/// Takes --threads=N out of the arguments; false when it is malformed.
bool take_own_flags(int& argc, char** argv) {
  constexpr std::string_view flag = "--threads=";
  int kept = 1;
  for (int a = 1; a < argc; ++a) {
    const std::string_view word = argv[a];
    if (!word.starts_with(flag)) {
      argv[kept++] = argv[a];
      continue;
    }
    const auto [rest, error] = std::from_chars(word.data() + flag.size(), word.data() + word.size(), threads_chosen);
    if (error != std::errc() || rest != word.data() + word.size() || threads_chosen < 1) return false;
  }
  argc = kept;
  return true;
}

}  // namespace

int thread_count() { return threads_chosen > 0 ? threads_chosen : usable_processors(); }

void report_incorrect(benchmark::State& state, const std::string& what) {
  incorrect = true;
  state.SkipWithError(("INCORRECT: " + what).c_str());
}

void report_verified_only(benchmark::State& state) {
  state.SkipWithError("the answer is right; times of an emulated device mean nothing");
}

int run_benchmarks(int argc, char** argv, const std::function<void()>& add) {
  restart_with_better_blas_core(argv);
  if (!take_own_flags(argc, argv)) {
    say("--threads needs a whole number of at least 1");
    return 2;
  }
  use_one_blas_thread();
  const BuildInfo& build = build_info();
  benchmark::AddCustomContext(
      "embrace", std::string(build.version) + " " + std::string(build.commit) + (build.dirty ? " changed" : ""));
  benchmark::AddCustomContext("flags", std::string(build.flags));
  benchmark::AddCustomContext("cpu", cpu_name());
  benchmark::AddCustomContext("machine", machine_name());
  benchmark::AddCustomContext("libraries", library_names());
  benchmark::AddCustomContext("threads", std::to_string(thread_count()));
  add();
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  if (library_says_debug()) {
    // As of Debian's package: its assertions are on, and its loop is outside of what is timed.
    say("The warning of a DEBUG library is about Google Benchmark itself; what it times is built with ", build.flags);
  }
  const std::unique_ptr<benchmark::BenchmarkReporter> display = make_display();
  const std::size_t matched = benchmark::RunSpecifiedBenchmarks(display.get());
  benchmark::Shutdown();
  if (matched == 0) return 2;  // Google Benchmark has said that no name matches the filter
  return incorrect ? 1 : 0;
}

}  // namespace embrace::programs
