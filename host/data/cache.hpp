// Prepared cache: data as read, in one binary file, so that the next run need not parse text.
#pragma once
#include <filesystem>
#include <optional>
#include <string>

#include "host/data/dataset.hpp"
#include "host/data/load_options.hpp"

namespace embrace {

/// Where the prepared copy of a source lies. The name is a digest of the source's digest, of the options that change
/// what is read (skip_bad_rows, duplicates) and of the format's version. The source's digest is over its contents, so
/// a source that changed has another name even when size and time of its files are the same.
std::filesystem::path cache_file(const std::filesystem::path& folder, const std::string& source_sha256,
                                 const LoadOptions& options);

/// Creates the folder, for its owner alone, unless it is there. Throws OutputError when it cannot be created, and when
/// anybody but this user and root may put files into it.
void require_cache_folder(const std::filesystem::path& folder);

/// The data of a prepared file. Nothing when there is no such file. Nothing, and the reason in `warning`, when it is
/// not usable: cut off, a bit flipped anywhere, another version or byte order, of another source, with an index or a
/// value that cannot be, or of a file that another user owns or may write. The checksum has no key: whoever may write
/// the file may also forge its ratings, so that its owner and mode are what they rest upon.
/// Name, folder and official splits are not in the file: they belong to the place where the source lies.
std::optional<Dataset> read_cached(const std::filesystem::path& file, const std::string& source_sha256,
                                   std::string& warning);

/// Writes atomically and in pieces. Throws OutputError.
void write_cached(const std::filesystem::path& file, const Dataset& dataset);

}  // namespace embrace
