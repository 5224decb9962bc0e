// TripleFormat: how a table of (user, item, rating[, timestamp]) is written, found out from its first lines.
#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "host/data/ratings.hpp"
#include "host/data/read/bad_rows.hpp"

namespace embrace {

struct TripleFormat {
  std::string separator = "\t";  // "\t", "::", ",", ";", "|" or " " (a run of blanks is one)
  bool header = false;
  int columns = 4;  // fields in each line
  int user = 0, item = 1, rating = 2;
  std::optional<int> time = 3;
  std::optional<Scale> scale;  // legal ratings; none: any finite number
  bool movielens_csv = false;  // the header speaks of users and movies, as in ratings.csv
};

constexpr std::size_t sniffed_bytes = std::size_t{1} << 16U;
constexpr std::size_t longest_line = std::size_t{1} << 16U;
constexpr int most_columns = 64;

/// A format, or why there is none.
struct FormatGuess {
  std::optional<TripleFormat> format;
  std::int64_t line = 1;  // where the complaint is
  std::int64_t column = 1;
  Complaint complaint;
};

/// Finds separator, header and columns of a plain delimited table from its first bytes. Without a header the columns
/// are user, item, rating and, when there is a fourth, timestamp. With one they are found by name, in any order.
FormatGuess guess_format(std::string_view head);

/// Does the text look like a ratings table: a header with the three names, or rows that parse?
bool looks_like_ratings(std::string_view head);

/// Number of fields (3 or 4) that most of the first lines have with this separator; 4 when none does.
int usual_columns(std::string_view head, const std::string& separator);

/// Fields between separators, quotes of a CSV field taken off; stops after `most` and returns how many there are
/// (most + 1 when there are more). -1: a quoted field does not end, or something follows its end.
int split_fields(std::string_view line, const std::string& separator, std::string_view* fields, int most);

/// The separator as it is called in messages.
std::string separator_name(const std::string& separator);

/// "this line looks separated by …" or nothing.
std::string separator_hint(std::string_view line, const TripleFormat& format);

}  // namespace embrace
