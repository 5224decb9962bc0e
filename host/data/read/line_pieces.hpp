// A text in pieces that end where lines do, so that each can be read by itself.
#pragma once
#include <cstddef>
#include <string_view>
#include <vector>

namespace embrace {

/// Pieces of at least `least` bytes, but for the last; `Piece` has a member `text`. Each byte is looked at once, also
/// when a line is longer than a piece.
template <typename Piece>
std::vector<Piece> cut_at_lines(std::string_view text, std::size_t least) {
  std::vector<Piece> pieces;
  while (!text.empty()) {
    std::size_t end = text.size() <= least ? std::string_view::npos : text.find('\n', least);
    end = end == std::string_view::npos ? text.size() : end + 1;
    pieces.emplace_back().text = text.substr(0, end);
    text.remove_prefix(end);
  }
  return pieces;
}

}  // namespace embrace
