#include "bench/cli/listing.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "host/printable.hpp"

namespace embrace::cli {
namespace {

using Json = nlohmann::ordered_json;

Json json_of(const auto& plain) { return plain; }
Json json_of(const std::vector<Fields>& entries);

Json json_of(const Fields& entry) {
  Json object = Json::object();
  for (const Field& field : entry) {
    object[field.name] = std::visit([](const auto& value) { return json_of(value); }, field.value);
  }
  return object;
}

Json json_of(const std::vector<Fields>& entries) {
  Json array = Json::array();
  for (const Fields& entry : entries) array.push_back(json_of(entry));
  return array;
}

void print_json(const auto& value) {
  fmt::print("{}\n", printable_json(json_of(value).dump(2, ' ', false, Json::error_handler_t::replace)));
}

/// A value as text; entries are no cells.
struct CellText {
  std::string operator()(const std::string& text) const { return text; }
  std::string operator()(bool value) const { return value ? "yes" : "no"; }
  std::string operator()(std::int64_t value) const { return std::to_string(value); }
  std::string operator()(double value) const { return fmt::format("{}", value); }
  std::string operator()(const std::vector<std::string>& list) const {
    return list.empty() ? "none" : fmt::format("{}", fmt::join(list, ", "));
  }
  std::string operator()(const Fields& /*fields*/) const { return ""; }
  std::string operator()(const std::vector<Fields>& /*entries*/) const { return ""; }
};

std::string cell(const Field& field) { return printable(std::visit(CellText{}, field.value)); }

std::string cell(const Fields& entry, const std::string& column) {
  const auto found = std::find_if(entry.begin(), entry.end(), [&](const Field& field) { return field.name == column; });
  return found == entry.end() ? "" : cell(*found);
}

void print_columns(const std::vector<Fields>& entries, const std::vector<std::string>& columns,
                   const std::string& indent) {
  std::vector<std::size_t> widths(columns.size(), 0);
  for (const Fields& entry : entries) {
    for (std::size_t c = 0; c < columns.size(); ++c) widths[c] = std::max(widths[c], cell(entry, columns[c]).size());
  }
  for (const Fields& entry : entries) {
    std::string line = indent;
    for (std::size_t c = 0; c < columns.size(); ++c) {
      const std::string text = cell(entry, columns[c]);
      line += c + 1 == columns.size() ? text : fmt::format("{:<{}}  ", text, widths[c]);
    }
    print_line(line.substr(0, line.find_last_not_of(' ') + 1));
  }
}

/// Entries as columns under the names that any of them has.
void print_table(const std::vector<Fields>& entries) {
  std::vector<Fields> rows(1);
  std::vector<std::string> columns;
  for (const Fields& entry : entries) {
    for (const Field& field : entry) {
      if (std::find(columns.begin(), columns.end(), field.name) != columns.end()) continue;
      columns.push_back(field.name);
      rows[0].push_back({field.name, field.name});
    }
  }
  rows.insert(rows.end(), entries.begin(), entries.end());
  print_columns(rows, columns, "  ");
}

}  // namespace

void print_line(const std::string& text) { fmt::print("{}\n", printable(text)); }

void print_listing(const std::vector<Fields>& entries, const std::vector<std::string>& columns, bool json) {
  if (json) return print_json(entries);
  print_columns(entries, columns, "");
}

void print_fields(const Fields& entry, bool json) {
  if (json) return print_json(entry);
  std::size_t width = 0;
  for (const Field& field : entry) width = std::max(width, field.name.size());
  for (const Field& field : entry) {
    if (const auto* inner = std::get_if<Fields>(&field.value)) {
      print_line(field.name + ":");
      for (const Field& part : *inner) print_line(fmt::format("  {}: {}", part.name, cell(part)));
    } else if (const auto* table = std::get_if<std::vector<Fields>>(&field.value); table && !table->empty()) {
      print_line(field.name + ":");
      print_table(*table);
    } else {
      print_line(fmt::format("{:<{}}  {}", field.name, width, cell(field)));
    }
  }
}

std::vector<Fields> named_entries(const std::vector<std::pair<std::string, std::string>>& names) {
  std::vector<Fields> entries;
  for (const auto& [name, summary] : names) entries.push_back({{"name", name}, {"summary", summary}});
  return entries;
}

}  // namespace embrace::cli
