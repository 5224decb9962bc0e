// Text encodings: what a file's bytes are, and how foreign text is shown.
#pragma once
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace embrace {

enum class Encoding { utf8, latin1 };

/// Strict: no overlong forms, no surrogates, nothing above U+10FFFF.
bool valid_utf8(std::string_view text);

/// UTF-8 when all of it is valid UTF-8, else Latin-1 (ISO 8859-1), the encoding of the older MovieLens releases.
Encoding encoding_of(std::string_view text);

std::string utf8_from_latin1(std::string_view text);

/// The text as UTF-8, given the encoding of the file that it came from.
std::string to_utf8(std::string_view text, Encoding encoding);

/// Name of an encoding that is refused (UTF-16, UTF-32), told by its byte order mark or by alternating zero bytes.
std::optional<std::string> refused_encoding(std::string_view text);

/// Bytes of a UTF-8 byte order mark at the start: 3 or 0.
std::size_t byte_order_mark(std::string_view text);

/// Foreign text for a message or a table: valid UTF-8 on one line, other bytes as \xNN, cut with … after `limit` bytes.
std::string excerpt(std::string_view text, std::size_t limit = 40);

}  // namespace embrace
