#include "host/data/read/text_encoding.hpp"

#include <algorithm>
#include <cstdint>
#include <cstring>

namespace embrace {
namespace {

std::uint8_t byte(char c) { return static_cast<std::uint8_t>(c); }
bool continues(char c) { return (byte(c) & 0xC0U) == 0x80U; }

/// Length of the well-formed sequence at the start of `text`, 0 when there is none (Unicode 15, table 3-7).
std::size_t sequence_length(std::string_view text) {
  const std::uint8_t lead = byte(text[0]);
  if (lead < 0x80) return 1;
  const std::size_t length = lead >= 0xC2 && lead <= 0xDF   ? 2
                             : lead >= 0xE0 && lead <= 0xEF ? 3
                             : lead >= 0xF0 && lead <= 0xF4 ? 4
                                                            : 0;
  if (length == 0 || text.size() < length) return 0;
  if (!std::all_of(text.begin() + 1, text.begin() + static_cast<std::ptrdiff_t>(length), continues)) return 0;
  const std::uint8_t second = byte(text[1]);
  const bool overlong = (lead == 0xE0 && second < 0xA0) || (lead == 0xF0 && second < 0x90);
  const bool surrogate = lead == 0xED && second > 0x9F;
  const bool too_large = lead == 0xF4 && second > 0x8F;
  return overlong || surrogate || too_large ? 0 : length;
}

}  // namespace

bool valid_utf8(std::string_view text) {
  while (!text.empty()) {
    // Eight ASCII bytes at a time: nearly all of the input.
    std::uint64_t eight = 0;
    if (text.size() >= 8) {
      std::memcpy(&eight, text.data(), 8);
      if ((eight & 0x8080808080808080ULL) == 0) {
        text.remove_prefix(8);
        continue;
      }
    }
    const std::size_t length = sequence_length(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

Encoding encoding_of(std::string_view text) { return valid_utf8(text) ? Encoding::utf8 : Encoding::latin1; }

std::string utf8_from_latin1(std::string_view text) {
  std::string result;
  result.reserve(text.size() + text.size() / 8);
  for (const char c : text) {
    if (byte(c) < 0x80) {
      result += c;
    } else {
      result += static_cast<char>(0xC0U | (byte(c) >> 6U));
      result += static_cast<char>(0x80U | (byte(c) & 0x3FU));
    }
  }
  return result;
}

std::string to_utf8(std::string_view text, Encoding encoding) {
  return encoding == Encoding::utf8 ? std::string(text) : utf8_from_latin1(text);
}

std::optional<std::string> refused_encoding(std::string_view text) {
  using namespace std::string_view_literals;
  const auto starts = [&](std::string_view mark) { return text.starts_with(mark); };
  if (starts("\xFF\xFE\0\0"sv) || starts("\0\0\xFE\xFF"sv)) return "UTF-32";
  if (starts("\xFF\xFE"sv) || starts("\xFE\xFF"sv)) return "UTF-16";
  const std::string_view head = text.substr(0, std::min<std::size_t>(text.size(), 64) & ~std::size_t{1});
  if (head.size() < 4) return std::nullopt;
  std::size_t zeros[2] = {0, 0};
  for (std::size_t i = 0; i < head.size(); ++i) zeros[i % 2] += head[i] == '\0' ? 1U : 0U;
  const bool one_side = (zeros[0] == 0) != (zeros[1] == 0);
  if (one_side && zeros[0] + zeros[1] == head.size() / 2) return "UTF-16";
  return std::nullopt;
}

std::size_t byte_order_mark(std::string_view text) { return text.starts_with("\xEF\xBB\xBF") ? 3 : 0; }

std::string excerpt(std::string_view text, std::size_t limit) {
  static constexpr std::string_view digits = "0123456789abcdef";
  std::string result;
  for (std::size_t i = 0; i < text.size();) {
    if (result.size() >= limit) return result + "…";
    const std::size_t length = sequence_length(text.substr(i));
    const bool control = byte(text[i]) < 0x20 || byte(text[i]) == 0x7F ||
                         (length == 2 && byte(text[i]) == 0xC2 && byte(text[i + 1]) < 0xA0);
    if (length > 0 && !control) {
      result += text.substr(i, length);
      i += length;
      continue;
    }
    if (text[i] == '\t') {
      result += "\\t";
    } else {
      result += "\\x";
      result += digits[byte(text[i]) >> 4U];
      result += digits[byte(text[i]) & 15U];
    }
    ++i;
  }
  return result;
}

}  // namespace embrace
