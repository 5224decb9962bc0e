#include "host/csv.hpp"

#include <algorithm>
#include <charconv>

#include "host/printable.hpp"

namespace embrace {
namespace {

/// "+user+movie": programs match this very text, and no spreadsheet finds a function call or a reference in it.
bool is_information(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return (c >= 'a' && c <= 'z') || c == '+' || c == ':'; });
}

bool is_number(std::string_view text) {
  double value = 0;
  const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && rest == text.data() + text.size();
}

}  // namespace

std::string csv_cell(std::string_view raw) {
  std::string text = printable(raw);
  const bool formula = !text.empty() && std::string_view("=+-@").find(text[0]) != std::string_view::npos;
  if (formula && !is_information(text) && !is_number(text)) text.insert(text.begin(), '\'');
  return csv_quoted(text);
}

std::string csv_quoted(std::string_view text) {
  if (text.find_first_of(",\"\r\n") == std::string_view::npos) return std::string(text);
  std::string quoted = "\"";
  for (const char c : text) quoted += c == '"' ? std::string("\"\"") : std::string(1, c);
  return quoted + "\"";
}

}  // namespace embrace
