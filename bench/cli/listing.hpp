// Two ways to print the same listing: aligned columns for people, JSON for scripts.
#pragma once
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace embrace::cli {

using Json = nlohmann::ordered_json;

/// Prints `text` and a line end to stdout.
void print_line(const std::string& text);

/// `rows` is an array of objects. As text: the named fields in columns, the last one running on.
void print_listing(const Json& rows, const std::vector<std::string>& columns, bool json);

/// Object as JSON, or one "name: value" line a field; arrays of objects are indented below their name.
void print_object(const Json& object, bool json);

}  // namespace embrace::cli
