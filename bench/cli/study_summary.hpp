// How runs ended, in words for stderr.
#pragma once
#include <filesystem>

#include "bench/study.hpp"

namespace embrace::cli {

/// `rejects`: where bad rows of the data are listed.
void print_summary(const StudySummary& summary, const std::filesystem::path& output,
                   const std::filesystem::path& rejects);

}  // namespace embrace::cli
