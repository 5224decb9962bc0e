// The list of skipped rows: CSV with the header file,line,byte_offset,column,reason,text.
#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include "host/data/read/bad_rows.hpp"
#include "host/span.hpp"

namespace embrace {

/// Writes the rows of `files` (as BadRow::file names them, one of them read or not) to `path`, atomically. What the
/// list says of other files stays: one folder may hold runs on several data. Throws OutputError when `path` is there
/// and is no such list.
void write_rejects(const std::filesystem::path& path, const std::vector<std::string>& files, Span<const BadRow> rows);

}  // namespace embrace
