#include "host/printable.hpp"

#include <array>
#include <cstdio>

namespace embrace {
namespace {

constexpr char32_t replacement = 0xfffd;

/// The next character of valid UTF-8, or U+FFFD for one bad byte (overlong forms and surrogates are bad).
char32_t next_character(std::string_view text, std::size_t& place) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = byte(place++);
  if (lead < 0x80) return lead;
  const std::size_t more = lead >= 0xf0 && lead < 0xf5   ? 3
                           : lead >= 0xe0 && lead < 0xf0 ? 2
                           : lead >= 0xc2 && lead < 0xe0 ? 1
                                                         : 0;
  if (more == 0 || place + more > text.size()) return replacement;
  char32_t character = lead & (0x3fU >> more);
  for (std::size_t i = 0; i < more; ++i) {
    if ((byte(place + i) & 0xc0U) != 0x80U) return replacement;
    character = (character << 6U) | (byte(place + i) & 0x3fU);
  }
  constexpr std::array<char32_t, 4> least = {0, 0x80, 0x800, 0x10000};
  const bool surrogate = character >= 0xd800 && character < 0xe000;
  if (character < least[more] || character > 0x10ffff || surrogate) return replacement;
  place += more;
  return character;
}

void append(char32_t c, std::string& out) {
  const auto tail = [&](unsigned shift) { out += static_cast<char>(0x80U | ((c >> shift) & 0x3fU)); };
  if (c < 0x80) {
    out += static_cast<char>(c);
  } else if (c < 0x800) {
    out += static_cast<char>(0xc0U | (c >> 6U));
    tail(0);
  } else if (c < 0x10000) {
    out += static_cast<char>(0xe0U | (c >> 12U));
    tail(6);
    tail(0);
  } else {
    out += static_cast<char>(0xf0U | (c >> 18U));
    tail(12);
    tail(6);
    tail(0);
  }
}

bool is_harmful(char32_t c) {
  const bool control = c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0x2028 || c == 0x2029;
  const bool direction = c == 0x200e || c == 0x200f || (c >= 0x202a && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069);
  return control || direction || c == 0xfeff;
}

std::size_t width_of(char32_t c) {
  const auto in = [&](char32_t first, char32_t last) { return c >= first && c <= last; };
  // Combining marks, zero-width characters, variation selectors.
  if (in(0x300, 0x36f) || in(0x200b, 0x200d) || in(0x20d0, 0x20ff) || in(0xfe00, 0xfe0f)) return 0;
  // East Asian wide blocks and pictographs.
  if (in(0x1100, 0x115f) || in(0x2e80, 0xa4cf) || in(0xac00, 0xd7a3) || in(0xf900, 0xfaff) || in(0xfe30, 0xfe6f) ||
      in(0xff00, 0xff60) || in(0xffe0, 0xffe6) || in(0x1f300, 0x1f64f) || in(0x1f900, 0x1f9ff) ||
      in(0x20000, 0x3fffd)) {
    return 2;
  }
  return 1;
}

}  // namespace

std::string printable(std::string_view text) {
  std::string out;
  for (std::size_t place = 0; place < text.size();) {
    const char32_t c = next_character(text, place);
    append(c == '\n' || c == '\t' || c == '\r' ? U' ' : is_harmful(c) ? replacement : c, out);
  }
  return out;
}

std::string printable_json(std::string_view json) {
  std::string out;
  for (std::size_t place = 0; place < json.size();) {
    const char32_t c = next_character(json, place);
    if (c < 0x20 || !is_harmful(c)) {  // inside a string JSON has none of the former, between its tokens line breaks
      append(c, out);
      continue;
    }
    std::array<char, 16> escape{};
    std::snprintf(escape.data(), escape.size(), "\\u%04x", static_cast<unsigned>(c));
    out += escape.data();
  }
  return out;
}

std::size_t display_width(std::string_view text) {
  std::size_t width = 0;
  for (std::size_t place = 0; place < text.size();) width += width_of(next_character(text, place));
  return width;
}

}  // namespace embrace
