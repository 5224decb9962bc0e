// Text from files and arguments may be hostile. This makes it safe to show, and measures it.
#pragma once
#include <cstddef>
#include <string>
#include <string_view>

namespace embrace {

/// Text made harmless for people's eyes: control and direction characters and bytes that are not UTF-8 become U+FFFD,
/// line breaks and tabs become spaces.
std::string printable(std::string_view text);

/// JSON text that says the same with no such character in it: they stand as \uXXXX. Line breaks between its tokens
/// stay.
std::string printable_json(std::string_view json);

/// Columns that printable text takes in a terminal.
std::size_t display_width(std::string_view text);

}  // namespace embrace
