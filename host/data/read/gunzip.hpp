// gunzip: decompression in memory.
#pragma once
#include <cstddef>
#include <limits>
#include <string>
#include <string_view>

namespace embrace {

bool is_gzip(std::string_view bytes);

/// At most `limit` bytes of the content. Members that follow each other are joined; zero bytes after the last one
/// are padding. Throws DataError(name: …) when the stream is damaged or, before `limit` is reached, cut off, and when
/// it becomes larger than any text would: 200 times its size, and 64 MiB.
std::string gunzip(std::string_view compressed, const std::string& name,
                   std::size_t limit = std::numeric_limits<std::size_t>::max());

}  // namespace embrace
