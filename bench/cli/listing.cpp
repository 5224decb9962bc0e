#include "bench/cli/listing.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace embrace::cli {
namespace {

std::string cell(const Json& value) {
  if (value.is_string()) return value.get<std::string>();
  if (value.is_boolean()) return value.get<bool>() ? "yes" : "no";
  if (value.is_array()) {
    std::string text;
    for (const Json& element : value) text += (text.empty() ? "" : ", ") + cell(element);
    return text;
  }
  return value.dump();
}

std::string dumped(const Json& value) { return value.dump(2, ' ', false, Json::error_handler_t::replace); }

}  // namespace

void print_line(const std::string& text) { fmt::print("{}\n", text); }

void print_listing(const Json& rows, const std::vector<std::string>& columns, bool json) {
  if (json) return print_line(dumped(rows));
  std::vector<std::size_t> widths(columns.size(), 0);
  for (const Json& row : rows) {
    for (std::size_t c = 0; c < columns.size(); ++c) {
      if (row.contains(columns[c])) widths[c] = std::max(widths[c], cell(row[columns[c]]).size());
    }
  }
  for (const Json& row : rows) {
    std::string line;
    for (std::size_t c = 0; c < columns.size(); ++c) {
      const std::string text = row.contains(columns[c]) ? cell(row[columns[c]]) : "";
      line += c + 1 == columns.size() ? text : fmt::format("{:<{}}  ", text, widths[c]);
    }
    print_line(line.substr(0, line.find_last_not_of(' ') + 1));
  }
}

void print_object(const Json& object, bool json) {
  if (json) return print_line(dumped(object));
  std::size_t width = 0;
  for (const auto& [key, value] : object.items()) width = std::max(width, key.size());
  for (const auto& [key, value] : object.items()) {
    if (value.is_object()) {
      print_line(key + ":");
      for (const auto& [name, inner] : value.items()) print_line(fmt::format("  {}: {}", name, cell(inner)));
    } else if (value.is_array() && !value.empty() && value[0].is_object()) {
      print_line(key + ":");
      for (const Json& row : value) {
        std::string line = " ";
        for (const auto& [name, inner] : row.items()) line += fmt::format(" {}={}", name, cell(inner));
        print_line(line);
      }
    } else {
      print_line(fmt::format("{:<{}}  {}", key, width, cell(value)));
    }
  }
}

}  // namespace embrace::cli
