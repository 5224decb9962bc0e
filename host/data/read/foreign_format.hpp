// Formats that are not read, told by their first bytes, so that a message can name them.
#pragma once
#include <optional>
#include <string_view>

namespace embrace {

struct ForeignFormat {
  const char* what;  // "a zip archive"
  const char* hint;  // what to do
};

/// Nothing for what may be a text table.
std::optional<ForeignFormat> foreign_format(std::string_view text);

}  // namespace embrace
