// Lines of a text, one after the other.
#pragma once
#include <cstdint>
#include <optional>
#include <string_view>

namespace embrace {

/// Splits at LF; a CR before it is no part of the line, nor is an empty line what follows the last LF.
class TextLines {
 public:
  explicit TextLines(std::string_view text) : rest_(text) {}

  /// Nothing at the end of the text.
  std::optional<std::string_view> next() {
    if (rest_.empty()) return std::nullopt;
    const std::size_t end = rest_.find('\n');
    std::string_view line = rest_.substr(0, end);
    rest_.remove_prefix(end == std::string_view::npos ? rest_.size() : end + 1);
    if (line.ends_with('\r')) line.remove_suffix(1);
    ++number_;
    return line;
  }
  /// Of the line that came last, from 1.
  std::int64_t number() const { return number_; }

 private:
  std::string_view rest_;
  std::int64_t number_ = 0;
};

}  // namespace embrace
