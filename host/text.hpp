// Small helpers for names: nearest-name suggestions and globs.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "host/span.hpp"

namespace embrace {

/// Levenshtein distance.
std::size_t edit_distance(std::string_view a, std::string_view b);

/// "did you mean X?" when a name of the list is near, else "one of: …" (all of them when short).
std::string suggestion(std::string_view name, Span<const std::string> known);

/// Does `name` match `pattern`, where * stands for any text and ? for one character?
bool glob_match(std::string_view pattern, std::string_view name);

/// Parts between separators; "a,,b" gives an empty middle part, "" gives no part.
std::vector<std::string> split_text(std::string_view text, char separator);

/// The word as a POSIX shell must be given it.
std::string shell_quoted(const std::string& word);

}  // namespace embrace
