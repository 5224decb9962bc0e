#include "host/metadata/names.hpp"

#include <algorithm>
#include <array>
#include <cstdint>

namespace embrace {
namespace {

/// The code point at `at`, which moves behind it. A byte that is not UTF-8 counts as a Latin-1 letter.
char32_t next(std::string_view text, std::size_t& at) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = byte(at++);
  const int more = first >= 0xF0 && first < 0xF5 ? 3 : first >= 0xE0 ? 2 : first >= 0xC2 ? 1 : 0;
  if (first < 0x80 || more == 0 || first >= 0xF5) return first;
  char32_t point = first & (0x3FU >> static_cast<unsigned>(more));
  for (std::size_t i = 0; i < static_cast<std::size_t>(more); ++i) {
    if (at + i >= text.size() || (byte(at + i) & 0xC0U) != 0x80U) return first;
    point = (point << 6U) | (byte(at + i) & 0x3FU);
  }
  at += static_cast<std::size_t>(more);
  return point;
}

void append(std::string& out, char32_t point) {
  const auto put = [&](char32_t bits) { out.push_back(static_cast<char>(static_cast<unsigned char>(bits))); };
  if (point < 0x80) {
    put(point);
  } else if (point < 0x800) {
    put(0xC0U | (point >> 6U));
    put(0x80U | (point & 0x3FU));
  } else if (point < 0x10000) {
    put(0xE0U | (point >> 12U));
    put(0x80U | ((point >> 6U) & 0x3FU));
    put(0x80U | (point & 0x3FU));
  } else {
    put(0xF0U | (point >> 18U));
    put(0x80U | ((point >> 12U) & 0x3FU));
    put(0x80U | ((point >> 6U) & 0x3FU));
    put(0x80U | (point & 0x3FU));
  }
}

std::u32string decode(std::string_view text) {
  std::u32string out;
  for (std::size_t at = 0; at < text.size();) out.push_back(next(text, at));
  return out;
}

/// Superscript digits are digits ("Alien³").
char32_t plain_digit(char32_t c) { return c == 0xB9 ? U'1' : c == 0xB2 ? U'2' : c == 0xB3 ? U'3' : c; }

char32_t lower(char32_t c) {
  const auto in = [c](char32_t low, char32_t high) { return c >= low && c <= high; };
  if (in('A', 'Z') || (in(0xC0, 0xDE) && c != 0xD7)) return c + 0x20;
  // Latin Extended-A alternates capital and small; the parity changes at ĸ (138) and ŉ (149).
  if (in(0x100, 0x137) || in(0x14A, 0x177)) return c == 0x130 ? U'i' : c | 1U;
  if (in(0x139, 0x148) || in(0x179, 0x17E)) return c + (c & 1U);
  if (c == 0x178) return 0xFF;
  if (in(0x391, 0x3A9) || in(0x410, 0x42F)) return c + 0x20;
  if (in(0x400, 0x40F)) return c + 0x50;
  return c;
}

/// Base letters of small Latin-1 and Latin Extended-A letters; nothing for combining accents.
std::u32string without_accent(char32_t c) {
  // From U+00E0 and from U+0100 on; '?' marks what has no single base letter.
  static constexpr std::string_view latin1 = "aaaaaa?ceeeeiiiidnooooo?ouuuuy?y";
  static constexpr std::string_view extended =
      "aaaaaaccccccccddddeeeeeeeeeegggggggghhhhiiiiiiiiii??jjkkkllllllllllnnnnnnnnnoooooo??rrrrrrssssssssttttttuuuuuuuu"
      "uuuuwwyyyzzzzzzs";
  static_assert(latin1.size() == 0x20 && extended.size() == 0x80);
  if (c >= 0x300 && c <= 0x36F) return {};
  if (c == 0xE6) return U"ae";
  if (c == 0xDF) return U"ss";
  if (c == 0x153) return U"oe";
  char base = '?';
  if (c >= 0xE0 && c <= 0xFF) base = latin1[c - 0xE0];
  if (c >= 0x100 && c <= 0x17F) base = extended[c - 0x100];
  return {base == '?' ? c : static_cast<char32_t>(base)};
}

bool is_space(char32_t c) {
  return c == ' ' || (c >= 9 && c <= 13) || c == 0xA0 || (c >= 0x2000 && c <= 0x200B) || c == 0x202F || c == 0x3000 ||
         c == 0xFEFF;
}

bool is_dash(char32_t c) { return c == '-' || c == '_' || (c >= 0x2010 && c <= 0x2015) || c == 0x2212; }

char32_t straight(char32_t c) {
  if (c == 0x2018 || c == 0x2019 || c == 0x60 || c == 0xB4) return '\'';
  return c == 0x201C || c == 0x201D || c == 0x201E || c == 0xAB || c == 0xBB ? U'"' : c;
}

bool is_wrapping(char32_t c) {
  return std::u32string_view(U" \"'()[]{}<>.,;:!?*~#").find(c) != std::u32string_view::npos;
}

/// Letters and digits (everything beyond ASCII that is no space, dash or quote counts as a letter).
bool is_word(char32_t c) {
  if (c < 0x80) return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
  return c >= 0xAA && !is_space(c) && !is_dash(c) && straight(c) == c && !(c >= 0x2000 && c <= 0x206F);
}

/// Runs of letters and digits, lower case, without accents; an apostrophe inside a word joins ("don't" is dont).
std::vector<std::string> words_of(std::string_view text) {
  std::vector<std::string> words(1);
  for (const char32_t point : decode(text)) {
    const char32_t c = plain_digit(straight(lower(point)));
    if (c == '\'') continue;
    if (c == '&' || c == '+') {
      words.emplace_back("and");
      words.emplace_back();
    } else if (is_word(c) || (c >= 0x300 && c <= 0x36F)) {
      for (const char32_t base : without_accent(c)) append(words.back(), base);
    } else if (!words.back().empty()) {
      words.emplace_back();
    }
  }
  std::erase(words, "");
  return words;
}

constexpr std::array<std::string_view, 31> articles = {
    "the", "a",   "an",  "il", "lo",  "la",  "le",  "les", "l",   "gli", "i",   "der", "die", "das", "ein", "eine",
    "el",  "los", "las", "un", "une", "uno", "una", "de",  "het", "den", "det", "en",  "et",  "o",   "os"};
constexpr std::array<std::string_view, 26> particles = {"of",   "and", "in", "to",  "for", "on",   "at", "by",  "with",
                                                        "from", "is",  "it", "du",  "des", "di",   "da", "del", "und",
                                                        "von",  "zu",  "y",  "aka", "vol", "part", "as", "or"};

template <typename List>
bool contains(const List& list, std::string_view word) {
  return std::find(list.begin(), list.end(), word) != list.end();
}

/// One key: the words joined, without a leading article or one that was moved behind the last comma.
std::string key_of(std::string_view name) {
  const std::size_t comma = name.rfind(',');
  if (comma != std::string_view::npos) {
    const auto tail = words_of(name.substr(comma + 1));
    if (tail.size() == 1 && contains(articles, tail.front())) name = name.substr(0, comma);
  }
  auto words = words_of(name);
  if (words.size() > 3 && words[0] == "a" && words[1] == "k" && words[2] == "a") {
    words.erase(words.begin(), words.begin() + 3);
  } else if (words.size() > 1 && words.front() == "aka") {
    words.erase(words.begin());
  }
  if (words.size() > 1 && contains(articles, words.front())) words.erase(words.begin());
  std::string key;
  for (const std::string& word : words) key += (key.empty() ? "" : " ") + word;
  return key;
}

/// Position of "(1995)" at the end of a title, or npos.
std::size_t year_position(std::string_view title) {
  const std::size_t end = title.find_last_not_of(" \t\r");
  if (end == std::string_view::npos || end < 5 || title[end] != ')' || title[end - 5] != '(')
    return std::string_view::npos;
  for (std::size_t i = end - 4; i < end; ++i) {
    if (title[i] < '0' || title[i] > '9') return std::string_view::npos;
  }
  return end - 5;
}

}  // namespace

std::string lower_case(std::string_view text) {
  std::string out;
  for (const char32_t point : decode(text)) append(out, lower(point));
  return out;
}

std::string normalise_tag(std::string_view typed) {
  std::u32string flat;
  for (const char32_t point : decode(typed)) {
    const char32_t c = is_space(point) || is_dash(point) ? U' ' : straight(lower(point));
    if (c != ' ' || (!flat.empty() && flat.back() != ' ')) flat.push_back(c);
  }
  std::size_t first = 0, last = flat.size();
  while (first < last && is_wrapping(flat[first])) ++first;
  while (last > first && is_wrapping(flat[last - 1])) --last;
  std::string out;
  for (std::size_t i = first; i < last; ++i) append(out, flat[i]);
  return out;
}

std::string_view bare_title(std::string_view title) {
  title = title.substr(0, std::min(year_position(title), title.size()));
  const std::size_t end = title.find_last_not_of(" \t\r");
  return title.substr(0, end == std::string_view::npos ? 0 : end + 1);
}

std::optional<int> year_in_title(std::string_view title) {
  const std::size_t at = year_position(title);
  if (at == std::string_view::npos) return std::nullopt;
  int year = 0;
  for (std::size_t i = at + 1; i < at + 5; ++i) year = 10 * year + (title[i] - '0');
  return year;
}

std::vector<std::string> title_words(std::string_view title) {
  auto words = words_of(bare_title(title));
  std::erase_if(words, [](const std::string& word) {
    return word.size() < 2 || contains(articles, word) || contains(particles, word);
  });
  return words;
}

std::vector<std::string> title_keys(std::string_view title) {
  std::string main;
  std::vector<std::string> keys(1);
  std::string_view rest = bare_title(title);
  while (!rest.empty()) {
    const std::size_t open = rest.find('(');
    main += rest.substr(0, open);
    if (open == std::string_view::npos) break;
    const std::size_t close = std::min(rest.find(')', open), rest.size());
    keys.push_back(key_of(rest.substr(open + 1, close - open - 1)));
    rest = rest.substr(std::min(close + 1, rest.size()));
  }
  keys.front() = key_of(main);
  std::erase(keys, "");
  return keys;
}

}  // namespace embrace
