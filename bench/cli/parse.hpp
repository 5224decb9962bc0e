// From the command line to the work that it asks for.
#pragma once
#include <functional>

namespace embrace::cli {

/// The verb with its arguments, or the help that was asked for; calling it does the work and returns the exit code.
/// Throws UsageError with the nearest name for unknown verbs and flags.
std::function<int()> parse(int argc, const char* const* argv);

}  // namespace embrace::cli
