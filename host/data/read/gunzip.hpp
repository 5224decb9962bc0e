// gunzip: decompression in memory.
#pragma once
#include <cstddef>
#include <string>
#include <string_view>

namespace embrace {

bool is_gzip(std::string_view bytes);

/// The content. Members that follow each other are joined; zero bytes after the last one are padding. Throws
/// DataError(name: …) when the stream is damaged or cut off, and when it becomes larger than any text would: 200 times
/// its size, and 64 MiB.
std::string gunzip(std::string_view compressed, const std::string& name);

/// The first `bytes` of the content, or as many as the beginning of a stream holds, be it cut off or damaged behind.
std::string gunzip_head(std::string_view compressed, std::size_t bytes);

}  // namespace embrace
