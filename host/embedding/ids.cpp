#include "host/embedding/ids.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

#include "host/data/read/text_encoding.hpp"

namespace embrace {
namespace {

/// Of UTF-8: C0, DEL and C1 (U+0080 … U+009F, C2 80 … C2 9F).
bool has_control_character(std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if (byte < 0x20 || byte == 0x7f) return true;
    if (byte == 0xc2 && i + 1 < text.size() && static_cast<unsigned char>(text[i + 1]) < 0xa0) return true;
  }
  return false;
}

}  // namespace

std::string canonical_id(std::string_view text) {
  const bool digits =
      !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
  std::int64_t number = 0;
  if (digits && std::from_chars(text.data(), text.data() + text.size(), number).ec == std::errc()) {
    return std::to_string(number);
  }
  return std::string(text);
}

std::optional<std::string> id_fault(std::string_view text) {
  if (text.empty()) return "the id is empty";
  if (text.size() > longest_id) return "the id is longer than " + std::to_string(longest_id) + " bytes";
  if (!valid_utf8(text)) return "the id '" + excerpt(text) + "' is not UTF-8";
  if (has_control_character(text)) return "the id '" + excerpt(text) + "' has a control character";
  return std::nullopt;
}

std::optional<std::string> IdList::add(std::string_view text, const char* what, std::int64_t place) {
  if (auto fault = id_fault(text)) return fault;
  std::string id = canonical_id(text);
  const auto [found, is_new] = places_.emplace(id, place);
  if (!is_new) {
    return "the id '" + excerpt(id) + "' is there already, in " + what + " " + std::to_string(found->second);
  }
  ids_.push_back(std::move(id));
  return std::nullopt;
}

}  // namespace embrace
