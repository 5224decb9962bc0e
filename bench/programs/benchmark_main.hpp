// What both benchmark programs share: start-up, context and the honest reporting of a wrong answer.
#pragma once
#include <benchmark/benchmark.h>

#include <functional>
#include <string>

namespace embrace::programs {

/// Adds version, machine and libraries to the benchmark's context, registers entries by `add`, runs them.
/// Every --benchmark_* flag works; `--threads=N` (default: all processors) is ours. Returns the exit code:
/// 1 when an entry was INCORRECT, 2 for unknown flags and a filter that no entry matches.
int run_benchmarks(int argc, char** argv, const std::function<void()>& add);

/// Ends an entry that gave a wrong answer, before any time is taken.
void report_incorrect(benchmark::State& state, const std::string& what);

/// Ends an entry of an emulated device after its answer was verified: its times mean nothing.
void report_verified_only(benchmark::State& state);

/// Threads as chosen with --threads.
int thread_count();

}  // namespace embrace::programs
