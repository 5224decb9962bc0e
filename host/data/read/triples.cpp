#include "host/data/read/triples.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <optional>

#include "host/data/read/fields.hpp"
#include "host/data/read/line_pieces.hpp"
#include "host/data/read/text_encoding.hpp"
#include "host/memory.hpp"
#include "host/span.hpp"
#include "host/threads.hpp"

namespace embrace {
namespace {

constexpr std::size_t piece_bytes = std::size_t{1} << 20U;  // 80,000 lines: small files have some for each thread
constexpr std::size_t shown_line = 1024;

struct Row {
  std::int64_t user = 0, item = 0, time = 0;
  float rating = 0;
  bool no_time = false;
};

/// One piece of the file, from the start of a line to the end of a line.
struct Piece {
  std::string_view text;
  std::vector<Row> rows;
  std::vector<std::pair<std::int64_t, std::int64_t>> gaps;  // rows before it (in this piece), lines
  std::vector<BadRow> bad;                                  // line and offset count from the start of the piece
  std::int64_t lines = 0;
};

/// Reads the usual form: plain numbers in the order user, item, rating[, timestamp]. Whatever is unusual, wrong or
/// merely quoted is left to the careful parser.
class QuickParser {
 public:
  explicit QuickParser(const TripleFormat& format)
      : format_(format),
        usable_(format.user == 0 && format.item == 1 && format.rating == 2 && format.columns == (format.time ? 4 : 3) &&
                format.separator != " ") {}

  bool parse(std::string_view line, Row& row) const {
    if (!usable_) return false;
    const char* at = line.data();
    const char* const end = at + line.size();
    if (!number(at, end, row.user) || !separator(at, end) || !number(at, end, row.item) || !separator(at, end)) {
      return false;
    }
    if (!rating(at, end, row.rating)) return false;
    if (format_.time && (!separator(at, end) || !number(at, end, row.time))) return false;
    return at == end && (!format_.scale || on_scale(row.rating, *format_.scale));
  }

 private:
  /// Up to 18 digits, which cannot overflow.
  static bool number(const char*& at, const char* end, std::int64_t& value) {
    const char* const begin = at;
    value = 0;
    for (; at != end && *at >= '0' && *at <= '9'; ++at) {
      if (at - begin == 18) return false;
      value = value * 10 + (*at - '0');
    }
    return at != begin;
  }
  /// One digit, or one digit, a point and one digit: nearly every rating there is.
  static bool rating(const char*& at, const char* end, float& value) {
    if (at == end || *at < '0' || *at > '9') return false;
    const int whole = *at++ - '0';
    value = static_cast<float>(whole);
    if (at == end || *at != '.') return at == end || *at < '0' || *at > '9';
    ++at;
    if (at == end || *at < '0' || *at > '9') return false;
    value = static_cast<float>(whole * 10 + (*at++ - '0')) / 10.0F;  // correctly rounded, as from_chars would
    return at == end || *at < '0' || *at > '9';
  }
  bool separator(const char*& at, const char* end) const {
    const std::size_t n = format_.separator.size();
    if (static_cast<std::size_t>(end - at) < n || *at != format_.separator[0] ||
        at[n - 1] != format_.separator[n - 1]) {
      return false;
    }
    at += n;
    return true;
  }

  const TripleFormat& format_;
  bool usable_;
};

std::string columns_text(const TripleFormat& format) {
  if (!format.header) return format.columns == 3 ? "user, item, rating" : "user, item, rating, timestamp";
  return "as many as in the header";
}

[[noreturn]] void wrong_columns(std::string_view line, const TripleFormat& format, Span<std::string_view> fields,
                                int n) {
  const bool too_many = n > format.columns;
  const std::string found = too_many && n > most_columns ? "more" : std::to_string(n);
  std::string hint = too_many ? "" : separator_hint(line, format);
  if (hint.empty()) hint = "a line has " + std::to_string(format.columns) + " fields: " + columns_text(format);
  const char* const place = too_many ? fields[static_cast<std::size_t>(format.columns)].data()
                            : n <= 1 ? line.data()
                                     : line.data() + line.size();
  throw RowError{place - line.data() + 1,
                 {"expected " + std::to_string(format.columns) + " fields separated by " +
                      separator_name(format.separator) + ", found " + found,
                  hint}};
}

/// The whole truth about one line; throws RowError.
Row parse_carefully(std::string_view line, const TripleFormat& format) {
  std::array<std::string_view, most_columns + 1> fields;
  const int n = split_fields(line, format.separator, fields.data(), most_columns);
  if (n < 0) {
    throw RowError{static_cast<std::int64_t>(line.find('"')) + 1,
                   {"a quoted field does not end properly", "close the quote in the same line; double quotes inside"}};
  }
  if (n != format.columns) wrong_columns(line, format, fields, n);
  const auto field = [&](int column) { return fields[static_cast<std::size_t>(column)]; };
  const auto place = [&](int column) { return field(column).data() - line.data() + 1; };
  Row row;
  row.user = need_id(field(format.user), place(format.user), "user id");
  row.item = need_id(field(format.item), place(format.item), "item id");
  const std::string_view rating = field(format.rating);
  if (!parse_rating(rating, row.rating) || (format.scale && !on_scale(row.rating, *format.scale))) {
    throw RowError{place(format.rating), rating_complaint(rating, format.scale)};
  }
  if (format.time) {
    row.no_time = field(*format.time).empty();
    if (!row.no_time) row.time = need_time(field(*format.time), place(*format.time));
  }
  const std::size_t nul = line.find('\0');
  if (nul != std::string_view::npos) {
    throw RowError{static_cast<std::int64_t>(nul) + 1, {"the line contains a NUL byte", "the file is damaged"}};
  }
  return row;
}

std::optional<RowError> read_row(std::string_view line, const TripleFormat& format, const QuickParser& quick,
                                 Row& row) {
  if (line.size() > longest_line) {
    return RowError{static_cast<std::int64_t>(longest_line) + 1,
                    {"the line is longer than 65536 bytes", "is it a ratings table, with line ends?"}};
  }
  if (quick.parse(line, row)) return std::nullopt;
  try {
    row = parse_carefully(line, format);
    return std::nullopt;
  } catch (RowError& error) {
    return std::move(error);
  }
}

void read_piece(Piece& piece, const TripleFormat& format, bool skip_header, std::int64_t allowed) {
  const QuickParser quick(format);
  // As many rows as there can be: not every line holds one.
  constexpr std::size_t shortest = std::string_view("1,1,1\n").size();
  const auto lines = static_cast<std::size_t>(std::count(piece.text.begin(), piece.text.end(), '\n'));
  reserve_large(piece.rows, std::min(lines, piece.text.size() / shortest) + 1);
  const auto no_row = [&] {
    const auto rows = static_cast<std::int64_t>(piece.rows.size());
    if (piece.gaps.empty() || piece.gaps.back().first != rows) piece.gaps.emplace_back(rows, 0);
    ++piece.gaps.back().second;
  };
  for (std::size_t at = 0; at < piece.text.size();) {
    const std::size_t end = std::min(piece.text.find('\n', at), piece.text.size());
    std::string_view line = piece.text.substr(at, end - at);
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    ++piece.lines;
    Row row;
    if (line.empty() || line.find_first_not_of(" \t") == std::string_view::npos) {
      no_row();
    } else if (skip_header) {
      skip_header = false;
      no_row();
    } else if (auto error = read_row(line, format, quick, row)) {
      no_row();
      piece.bad.push_back({"", piece.lines, static_cast<std::int64_t>(at), error->column, std::move(error->complaint),
                           excerpt(line.substr(0, shown_line), shown_line)});
      if (static_cast<std::int64_t>(piece.bad.size()) > allowed) return;
    } else {
      piece.rows.push_back(row);
    }
    at = end + 1;
  }
  if (piece.rows.size() < piece.rows.capacity() / 2) piece.rows.shrink_to_fit();
}

/// Copies the rows of a piece to their place and frees them.
void place_rows(Piece& piece, std::int64_t first, Triples& triples) {
  auto at = static_cast<std::size_t>(first);
  for (const Row& row : piece.rows) {
    triples.users[at] = row.user;
    triples.items[at] = row.item;
    triples.values[at] = row.rating;
    if (!triples.times.empty()) triples.times[at] = row.time;
    ++at;
  }
  std::vector<Row>().swap(piece.rows);
}

/// Lines and bad rows in file order; false when there are too many bad rows.
bool settle_lines(std::vector<Piece>& pieces, const InputFile& file, BadRows& bad, RowLines& row_lines) {
  std::int64_t rows = 0, lines = 0;
  for (Piece& piece : pieces) {
    const std::int64_t offset = file.text_begin() + (piece.text.data() - file.text().data());
    for (BadRow& row : piece.bad) {
      row.file = file.name();
      row.line += lines;
      row.byte_offset += offset;
      bad.add(std::move(row));
      if (bad.too_many()) return false;
    }
    for (const auto& [before, count] : piece.gaps) row_lines.skip(rows + before, count);
    rows += static_cast<std::int64_t>(piece.rows.size());
    lines += piece.lines;
  }
  return true;
}

}  // namespace

void RowLines::skip(std::int64_t rows, std::int64_t lines) {
  const std::int64_t before = gaps_.empty() ? 0 : gaps_.back().lines;
  if (!gaps_.empty() && gaps_.back().rows == rows) {
    gaps_.back().lines += lines;
  } else {
    gaps_.push_back({rows, before + lines});
  }
}

std::int64_t RowLines::line(std::int64_t row) const {
  if (!first_rows_.empty()) {
    return std::upper_bound(first_rows_.begin(), first_rows_.end(), row) - first_rows_.begin();
  }
  const auto after =
      std::upper_bound(gaps_.begin(), gaps_.end(), row, [](std::int64_t r, const Gap& gap) { return r < gap.rows; });
  return row + 1 + (after == gaps_.begin() ? 0 : std::prev(after)->lines);
}

Triples read_triples(const InputFile& file, const TripleFormat& format, BadRows& bad, Threads& threads) {
  auto pieces = cut_at_lines<Piece>(file.text(), piece_bytes);
  const auto count = static_cast<std::int64_t>(pieces.size());
  threads.for_each(count, [&](std::int64_t t, int) {
    read_piece(pieces[static_cast<std::size_t>(t)], format, format.header && t == 0, bad.allowed());
  });
  Triples triples;
  if (!settle_lines(pieces, file, bad, triples.lines)) return triples;
  std::vector<std::int64_t> first(pieces.size() + 1, 0);
  for (std::size_t p = 0; p < pieces.size(); ++p) {
    first[p + 1] = first[p] + static_cast<std::int64_t>(pieces[p].rows.size());
    triples.missing_times +=
        std::count_if(pieces[p].rows.begin(), pieces[p].rows.end(), [](const Row& row) { return row.no_time; });
  }
  const auto rows = static_cast<std::size_t>(first.back());
  threads.for_each(4, [&](std::int64_t column, int) {  // their pages are touched here
    if (column == 0) resize_large(triples.users, rows);
    if (column == 1) resize_large(triples.items, rows);
    if (column == 2) resize_large(triples.values, rows);
    if (column == 3 && format.time) resize_large(triples.times, rows);
  });
  threads.for_each(count, [&](std::int64_t t, int) {
    place_rows(pieces[static_cast<std::size_t>(t)], first[static_cast<std::size_t>(t)], triples);
  });
  return triples;
}

}  // namespace embrace
