// A cell of a CSV file.
#pragma once
#include <string>
#include <string_view>

namespace embrace {

/// The text as it stands between two commas: printable, quoted as in RFC 4180, and behind a ' where a spreadsheet would
/// run it as a formula. Numbers and names of information ("+user+movie") are none.
std::string csv_cell(std::string_view raw);

/// Quoted as in RFC 4180 and nothing else, for programs that compare what they read: ids.
std::string csv_quoted(std::string_view text);

}  // namespace embrace
