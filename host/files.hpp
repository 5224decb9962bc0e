// Writing files so that a reader never sees half of one.
#pragma once
#include <filesystem>
#include <string>
#include <string_view>

namespace embrace {

/// Temporary file in the same folder, fsync, rename, fsync of the folder: whole or not there, also after a crash.
/// Creates the folder when it is missing. Throws OutputError with the reason.
void write_atomically(const std::filesystem::path& file, std::string_view content);

/// The whole content; DataError when it cannot be read.
std::string read_file(const std::filesystem::path& file);

/// gzip at level 6 without name and time, so that the same text gives the same bytes.
std::string gzip(std::string_view content);

}  // namespace embrace
