// Text of enumerations, in both directions, from one table beside each enumeration.
#pragma once
#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace embrace {

/// Specialised beside an enumeration whose values count from 0: the text of each, in that order.
template <typename Enum>
inline constexpr std::array<const char*, 0> enum_texts{};

template <typename Enum>
std::string to_text(Enum value) {
  return enum_texts<Enum>.at(static_cast<std::size_t>(value));
}

/// Nothing for a text that is none of them.
template <typename Enum>
std::optional<Enum> from_text(std::string_view text) {
  const auto& texts = enum_texts<Enum>;
  const auto found = std::find(texts.begin(), texts.end(), text);
  return found == texts.end() ? std::nullopt : std::optional(static_cast<Enum>(found - texts.begin()));
}

/// For messages that list them.
template <typename Enum>
std::vector<std::string> all_texts() {
  const auto& texts = enum_texts<Enum>;
  return {texts.begin(), texts.end()};
}

}  // namespace embrace
