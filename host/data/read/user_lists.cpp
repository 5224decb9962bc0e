#include "host/data/read/user_lists.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <vector>

#include "host/data/read/fields.hpp"
#include "host/data/read/line_pieces.hpp"
#include "host/data/read/text_encoding.hpp"
#include "host/data/read/triple_format.hpp"

namespace embrace {
namespace {

constexpr std::string_view blanks = " \t\r";
constexpr std::size_t piece_bytes = std::size_t{1} << 20U;
constexpr std::size_t shown_line = 1024;

/// The next field of a line, which is cut off it; nothing at its end.
std::optional<std::string_view> take_field(std::string_view& line) {
  const std::size_t begin = line.find_first_not_of(blanks);
  if (begin == std::string_view::npos) return std::nullopt;
  line.remove_prefix(begin);
  const std::string_view field = line.substr(0, line.find_first_of(blanks));
  line.remove_prefix(field.size());
  return field;
}

std::string_view take_line(std::string_view& text) {
  const std::size_t end = text.find('\n');
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  return line;
}

/// Number of fields when all are ids, -1 when not.
std::int64_t ids_in(std::string_view line) {
  std::int64_t count = 0, id = 0;
  while (const auto field = take_field(line)) {
    if (!parse_id(*field, id)) return -1;
    ++count;
  }
  return count;
}

/// One piece of the file, from the start of a line to the end of a line.
struct Piece {
  std::string_view text;
  std::vector<std::int64_t> users, items;  // of its pairs
  std::vector<std::int64_t> first_pairs;   // of its lines, those without pairs among them
  std::vector<BadRow> bad;                 // line and offset count from the start of the piece
};

/// Appends the pairs of a line; throws RowError and leaves what it has appended.
void read_line(std::string_view line, Piece& piece) {
  const char* const begin = line.data();
  const auto column = [&](std::string_view field) { return field.data() - begin + 1; };
  const auto first = take_field(line);
  if (!first) return;
  const std::int64_t user = need_id(*first, column(*first), "user id");
  while (const auto field = take_field(line)) {
    piece.items.push_back(need_id(*field, column(*field), "item id"));
    piece.users.push_back(user);
  }
}

void read_piece(Piece& piece, std::int64_t allowed) {
  for (std::string_view text = piece.text; !text.empty();) {
    const auto offset = text.data() - piece.text.data();
    const std::string_view line = take_line(text);
    const std::size_t pairs = piece.users.size();
    piece.first_pairs.push_back(static_cast<std::int64_t>(pairs));
    try {
      read_line(line, piece);
    } catch (RowError& error) {
      piece.users.resize(pairs);
      piece.items.resize(pairs);
      piece.bad.push_back({"", static_cast<std::int64_t>(piece.first_pairs.size()), offset, error.column,
                           std::move(error.complaint), excerpt(line.substr(0, shown_line), shown_line)});
      if (static_cast<std::int64_t>(piece.bad.size()) > allowed) return;
    }
  }
}

/// Places in the file instead of places in the piece; false when there are too many bad rows.
bool settle_bad_rows(Piece& piece, const InputFile& file, std::int64_t lines_before, BadRows& bad) {
  for (BadRow& row : piece.bad) {
    row.file = file.name();
    row.line += lines_before;
    row.byte_offset += file.text_begin() + (piece.text.data() - file.text().data());
    bad.add(std::move(row));
    if (bad.too_many()) return false;
  }
  return true;
}

}  // namespace

bool looks_like_user_lists(std::string_view head) {
  constexpr std::int64_t lines_tried = 100;
  const bool cut_off = head.size() >= sniffed_bytes;
  head.remove_prefix(byte_order_mark(head));
  std::map<std::int64_t, std::int64_t> lines;  // by number of fields; -1: not ids
  std::int64_t tried = 0;
  while (!head.empty() && tried < lines_tried) {
    const std::string_view line = take_line(head);
    if (head.empty() && cut_off) break;
    const std::int64_t count = ids_in(line);
    if (count == 0) continue;
    ++lines[count];
    ++tried;
  }
  // Most, not all: lists with a bad line are lists, and its error is worth telling.
  const std::int64_t of_ids = tried - lines[-1];
  if (2 * of_ids <= tried) return false;
  const auto most =
      std::max_element(lines.begin(), lines.end(), [](const auto& a, const auto& b) { return a.second < b.second; });
  return most->first == 2 || 2 * most->second <= of_ids;
}

Triples read_user_lists(const InputFile& file, BadRows& bad, Threads& threads) {
  auto pieces = cut_at_lines<Piece>(file.text(), piece_bytes);
  threads.for_each(static_cast<std::int64_t>(pieces.size()),
                   [&](std::int64_t p, int) { read_piece(pieces[static_cast<std::size_t>(p)], bad.allowed()); });
  Triples triples;
  std::vector<std::int64_t> first_pairs;
  for (Piece& piece : pieces) {
    if (!settle_bad_rows(piece, file, static_cast<std::int64_t>(first_pairs.size()), bad)) return triples;
    const auto before = static_cast<std::int64_t>(triples.users.size());
    for (const std::int64_t first : piece.first_pairs) first_pairs.push_back(before + first);
    triples.users.insert(triples.users.end(), piece.users.begin(), piece.users.end());
    triples.items.insert(triples.items.end(), piece.items.begin(), piece.items.end());
  }
  triples.values.assign(triples.users.size(), 1.0F);
  triples.lines = RowLines(std::move(first_pairs));
  return triples;
}

}  // namespace embrace
