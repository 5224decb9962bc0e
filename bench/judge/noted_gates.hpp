// Gates of the tables that a call has made.
#pragma once
#include <filesystem>

#include "bench/progress.hpp"

namespace embrace::judge {

/// Checks whole tables, says what fails, and writes what came out into their records in the folder, for those who read
/// these alone. Throws what read_records throws, OutputError.
void note_gates(const std::filesystem::path& folder, Progress& progress);

}  // namespace embrace::judge
