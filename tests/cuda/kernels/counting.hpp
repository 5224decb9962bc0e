// Does counted work in processes of its own, on a device that counts.
#pragma once
#include <filesystem>
#include <optional>
#include <string>

#include "tests/cuda/kernels/counted_work.hpp"
#include "tests/cuda/kernels/counts.hpp"

namespace embrace::test {

/// What the work asked for: that of a process that prepares and does it, less that of one that only prepares it.
/// `program` is kernel_counts. Nothing when the device does not count; throws std::runtime_error when the work fails.
std::optional<CountedRow> counted(const std::string& program, const CountedWork& work);

}  // namespace embrace::test
