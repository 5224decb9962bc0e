// Names as people type them: case, accents, spaces and punctuation made equal, for tags and titles. All text is UTF-8.
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace embrace {

/// Lower case of ASCII, Latin-1, Latin Extended-A, Greek and Cyrillic letters; all else stays as it is.
std::string lower_case(std::string_view text);

/// One spelling of a tag: lower case; curly quotes made straight; '-', '_' and every kind of dash or space are one
/// space; runs of spaces are one; spaces, quotes, brackets and .,;:!?*~#` around it are gone. May become empty.
std::string normalise_tag(std::string_view typed);

/// A title without the "(1995)" at its end and the spaces before it.
std::string_view bare_title(std::string_view title);
/// The year of "(1995)" at the end of a title.
std::optional<int> year_in_title(std::string_view title);

/// Words of a bare title: lower case without accents, letters and digits only, at least two characters,
/// common English, French, German, Italian and Spanish articles and particles left out; in order, may repeat.
std::vector<std::string> title_words(std::string_view title);

/// Keys under which a title may be found again in another release: the main title first, then what stands in
/// brackets (other names, "a.k.a. X"). Lower case, no accents, letters and digits only, '&' and '+' are "and", the
/// leading or moved article ("Matrix, The") is gone. The year is not part of a key. Never contains an empty key.
std::vector<std::string> title_keys(std::string_view title);

}  // namespace embrace
