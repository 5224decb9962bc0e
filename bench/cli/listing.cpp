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
  if (value.is_number_float()) return fmt::format("{}", value.get<double>());
  return value.dump();
}

std::string cell(const Json& row, const std::string& column) { return row.contains(column) ? cell(row[column]) : ""; }

void print_columns(const Json& rows, const std::vector<std::string>& columns, const std::string& indent) {
  std::vector<std::size_t> widths(columns.size(), 0);
  for (const Json& row : rows) {
    for (std::size_t c = 0; c < columns.size(); ++c) widths[c] = std::max(widths[c], cell(row, columns[c]).size());
  }
  for (const Json& row : rows) {
    std::string line = indent;
    for (std::size_t c = 0; c < columns.size(); ++c) {
      const std::string text = cell(row, columns[c]);
      line += c + 1 == columns.size() ? text : fmt::format("{:<{}}  ", text, widths[c]);
    }
    print_line(line.substr(0, line.find_last_not_of(' ') + 1));
  }
}

/// Objects as columns under the names that any of them has.
void print_table(const Json& objects) {
  Json rows = Json::array({Json::object()});
  std::vector<std::string> columns;
  for (const Json& object : objects) {
    for (const auto& [name, value] : object.items()) {
      if (!rows[0].contains(name)) columns.push_back(name);
      rows[0][name] = name;
    }
    rows.push_back(object);
  }
  print_columns(rows, columns, "  ");
}

std::string dumped(const Json& value) { return value.dump(2, ' ', false, Json::error_handler_t::replace); }

}  // namespace

void print_line(const std::string& text) { fmt::print("{}\n", text); }

void print_listing(const Json& rows, const std::vector<std::string>& columns, bool json) {
  if (json) return print_line(dumped(rows));
  print_columns(rows, columns, "");
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
      print_table(value);
    } else {
      print_line(fmt::format("{:<{}}  {}", key, width, cell(value)));
    }
  }
}

}  // namespace embrace::cli
