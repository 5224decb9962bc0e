// The record that an earlier call left, when it need not be made again.
#pragma once
#include <filesystem>
#include <optional>
#include <string>

#include "bench/progress.hpp"
#include "host/record.hpp"

namespace embrace {

/// The record in `file` if it has this id and its outcome would be the same again (ok, diverged, unsupported). A file
/// that cannot be read or is no record is noted.
std::optional<Record> settled_record(const std::filesystem::path& file, const std::string& id, Progress& progress);

}  // namespace embrace
