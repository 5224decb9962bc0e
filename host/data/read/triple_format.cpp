#include "host/data/read/triple_format.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <map>

#include "host/data/read/fields.hpp"
#include "host/data/read/text_encoding.hpp"
#include "host/span.hpp"
#include "host/text.hpp"

namespace embrace {
namespace {

using Fields = std::array<std::string_view, most_columns>;
constexpr std::size_t sniffed_lines = 100;
const std::array<std::string, 6> separators = {"::", "\t", ",", ";", "|", " "};

struct HeadLine {
  std::string_view text;
  std::int64_t number;
};

/// The first non-blank lines; the last one is left out when it may be cut off.
std::vector<HeadLine> lines_of(std::string_view head) {
  std::vector<HeadLine> lines;
  const bool cut = head.size() >= sniffed_bytes;
  for (std::int64_t number = 1; !head.empty() && lines.size() < sniffed_lines; ++number) {
    const std::size_t end = head.find('\n');
    if (end == std::string_view::npos && cut && !lines.empty()) break;
    std::string_view line = head.substr(0, end);
    head.remove_prefix(end == std::string_view::npos ? head.size() : end + 1);
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    if (line.find_first_not_of(" \t") != std::string_view::npos) lines.push_back({line, number});
  }
  return lines;
}

/// How many of the lines agree on one number (at least three) of fields.
std::size_t agreeing(Span<const HeadLine> lines, const std::string& separator) {
  std::map<int, std::size_t> count;
  Fields fields;
  std::size_t best = 0;
  for (const HeadLine& line : lines) {
    const int n = split_fields(line.text, separator, fields.data(), most_columns);
    if (n >= 3 && n <= most_columns) best = std::max(best, ++count[n]);
  }
  return best;
}

std::optional<std::string> find_separator(Span<const HeadLine> lines) {
  std::size_t best = 0;
  std::optional<std::string> found;
  for (const std::string& separator : separators) {
    const std::size_t count = agreeing(lines, separator);
    if (count > best) {
      best = count;
      found = separator;
    }
  }
  return found;
}

bool starts_like_number(std::string_view field) {
  const std::size_t first = field.find_first_not_of(" +-.");
  return first != std::string_view::npos && std::isdigit(static_cast<unsigned char>(field[first])) != 0;
}

/// Lower case, letters and digits only, without the ":type" of RecBole's headers.
std::string plain_name(std::string_view name) {
  std::string plain;
  for (const char c : name.substr(0, name.find(':'))) {
    if (std::isalnum(static_cast<unsigned char>(c)) != 0) {
      plain += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    }
  }
  return plain;
}

std::optional<int> column_named(Span<const std::string> names, std::initializer_list<std::string_view> known) {
  for (const std::string_view wanted : known) {
    const auto found = std::find(names.begin(), names.end(), wanted);
    if (found != names.end()) return static_cast<int>(found - names.begin());
  }
  return std::nullopt;
}

FormatGuess format_from_header(const HeadLine& line, Span<const std::string_view> fields, TripleFormat format) {
  std::vector<std::string> names;
  std::transform(fields.begin(), fields.end(), std::back_inserter(names), plain_name);
  const auto user = column_named(names, {"user", "userid", "uid", "u"});
  const auto item = column_named(names, {"item", "itemid", "iid", "i", "movie", "movieid", "artist", "artistid", "book",
                                         "bookid", "product", "productid", "track", "trackid", "song", "songid"});
  const auto rating = column_named(names, {"rating", "ratings", "score", "stars", "weight", "value", "count", "r"});
  for (const auto& [column, what] : {std::pair{user, "user"}, std::pair{item, "item"}, std::pair{rating, "rating"}}) {
    if (!column) {
      return {std::nullopt,
              line.number,
              1,
              {"the header '" + excerpt(line.text, 80) + "' has no column for the " + what,
               "call the columns user, item, rating and, if there is one, timestamp"}};
    }
  }
  format.header = true;
  format.columns = static_cast<int>(fields.size());
  format.user = *user;
  format.item = *item;
  format.rating = *rating;
  format.time = column_named(names, {"timestamp", "time", "unixtime", "ts"});
  format.movielens_csv = format.separator == "," && names[static_cast<std::size_t>(*user)] == "userid" &&
                         names[static_cast<std::size_t>(*item)] == "movieid";
  return {format, 1, 1, {}};
}

/// A run of blanks is one separator; blanks at the ends are none.
int split_at_blanks(std::string_view line, std::string_view* fields, int most) {
  int count = 0;
  while (true) {
    const std::size_t begin = line.find_first_not_of(' ');
    if (begin == std::string_view::npos) return count;
    line.remove_prefix(begin);
    const std::size_t end = std::min(line.find(' '), line.size());
    if (count == most) return most + 1;
    fields[count++] = line.substr(0, end);
    line.remove_prefix(end);
  }
}

/// Takes a quoted field with its quotes off the line; false when it does not end or something follows its end.
/// Doubled quotes stay doubled: no number contains one.
bool take_quoted(std::string_view& line, const std::string& separator, std::string_view& field) {
  std::size_t end = line.find('"', 1);
  while (end != std::string_view::npos && end + 1 < line.size() && line[end + 1] == '"') end = line.find('"', end + 2);
  if (end == std::string_view::npos) return false;
  field = line.substr(1, end - 1);
  line.remove_prefix(end + 1);
  return line.empty() || line.starts_with(separator);
}

}  // namespace

int split_fields(std::string_view line, const std::string& separator, std::string_view* fields, int most) {
  if (separator == " ") return split_at_blanks(line, fields, most);
  const bool may_quote = separator.size() == 1;
  for (int count = 0;; ++count) {
    if (count == most) return most + 1;
    if (may_quote && !line.empty() && line[0] == '"') {
      if (!take_quoted(line, separator, fields[count])) return -1;
      if (line.empty()) return count + 1;
      line.remove_prefix(separator.size());
      continue;
    }
    const std::size_t end = separator.size() == 1 ? line.find(separator[0]) : line.find(separator);
    fields[count] = line.substr(0, end);
    if (end == std::string_view::npos) return count + 1;
    line.remove_prefix(end + separator.size());
  }
}

FormatGuess guess_format(std::string_view head) {
  const std::vector<HeadLine> lines = lines_of(head);
  if (lines.empty()) return {std::nullopt, 1, 1, {"no ratings in the file", "it is empty or has blank lines only"}};
  const auto separator = find_separator(lines);
  if (!separator) {
    return {std::nullopt,
            lines[0].number,
            1,
            {"the lines cannot be cut into user, item and rating: '" + excerpt(lines[0].text) + "'",
             "separate three or four fields by tab, comma, '::', semicolon, '|' or space"}};
  }
  TripleFormat format;
  format.separator = *separator;
  Fields fields;
  const int n = split_fields(lines[0].text, *separator, fields.data(), most_columns);
  const auto first = Span(fields).first(std::clamp(n, 0, most_columns));
  if (n >= most_columns) {
    return {std::nullopt,
            lines[0].number,
            1,
            {"the first line has " + std::to_string(most_columns) + " fields or more", "is it a ratings table?"}};
  }
  if (n >= 3 && std::none_of(first.begin(), first.end(), starts_like_number)) {
    return format_from_header(lines[0], first, format);
  }
  format.columns = usual_columns(head, *separator);
  if (format.columns == 3) format.time.reset();
  return {format, 1, 1, {}};
}

int usual_columns(std::string_view head, const std::string& separator) {
  std::size_t three = 0, four = 0;
  Fields fields;
  for (const HeadLine& line : lines_of(head)) {
    const int n = split_fields(line.text, separator, fields.data(), most_columns);
    three += n == 3 ? 1U : 0U;
    four += n == 4 ? 1U : 0U;
  }
  return three > four ? 3 : 4;
}

bool looks_like_ratings(std::string_view head) {
  const FormatGuess guess = guess_format(head.substr(byte_order_mark(head)));
  if (!guess.format) return false;
  const TripleFormat& format = *guess.format;
  if (format.header) return true;
  constexpr std::size_t rows_tried = 10;
  std::vector<HeadLine> lines = lines_of(head.substr(byte_order_mark(head)));
  lines.resize(std::min(lines.size(), rows_tried));
  // Most, not all: a table with a bad row is a table, and its error is worth telling.
  const auto good = std::count_if(lines.begin(), lines.end(), [&](const HeadLine& line) {
    Fields fields;
    std::int64_t id = 0;
    float rating = 0;
    return split_fields(line.text, format.separator, fields.data(), most_columns) == format.columns &&
           parse_id(fields[0], id) && parse_id(fields[1], id) && parse_rating(fields[2], rating);
  });
  return 2 * static_cast<std::size_t>(good) > lines.size();
}

std::string separator_name(const std::string& separator) {
  if (separator == "\t") return "a tab";
  if (separator == " ") return "a space";
  return "'" + separator + "'";
}

std::string separator_hint(std::string_view line, const TripleFormat& format) {
  Fields fields;
  for (const std::string& separator : separators) {
    if (separator == format.separator) continue;
    const int n = split_fields(line, separator, fields.data(), most_columns);
    if (n == format.columns || (n >= 3 && n <= 4)) return "the line looks separated by " + separator_name(separator);
  }
  return "";
}

}  // namespace embrace
