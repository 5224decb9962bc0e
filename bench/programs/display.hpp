// What the benchmark programs show on a terminal: Google Benchmark's own reporters, with shares as plain numbers.
#pragma once
#include <benchmark/benchmark.h>

#include <memory>

namespace embrace::programs {

/// The reporter that the flags ask for. On a console, counters that are shares of something stand as plain numbers
/// (0.00383) behind the line, not among the counters as 3.83m; JSON and CSV have them as counters.
std::unique_ptr<benchmark::BenchmarkReporter> make_display();

/// Does the installed Google Benchmark call itself a debug build, and warn of it?
bool library_says_debug();

}  // namespace embrace::programs
