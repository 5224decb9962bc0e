// Two ways to print the same listing: aligned columns for people, JSON for scripts.
#pragma once
#include <cstdint>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace embrace::cli {

struct Field;
/// An entry of a listing, its fields in the order in which they are printed.
using Fields = std::vector<Field>;

struct Field {
  std::string name;
  std::variant<std::string, bool, std::int64_t, double, std::vector<std::string>, Fields, std::vector<Fields>> value;
};

/// Prints `text`, made printable, and a line end to stdout.
void print_line(const std::string& text);

/// As text: the named fields in columns, the last one running on.
void print_listing(const std::vector<Fields>& entries, const std::vector<std::string>& columns, bool json);

/// An entry as JSON, or one "name: value" line a field; entries in it are indented below their name.
void print_fields(const Fields& entry, bool json);

/// An entry for each name with its meaning.
std::vector<Fields> named_entries(const std::vector<std::pair<std::string, std::string>>& names);

}  // namespace embrace::cli
