// Records: rows of the metadata files, one at a time: lines cut at a separator, or CSV records (RFC 4180).
#pragma once
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "host/data/read/bad_rows.hpp"
#include "host/data/read/input_file.hpp"

namespace embrace {

struct TableField {
  std::string text;         // UTF-8, quotes taken off
  std::int64_t column = 1;  // byte column in its line, from 1
};

struct TableRow {
  std::int64_t line = 1;  // where it begins
  std::vector<TableField> fields;
};

enum class TableForm {
  lines,  // fields between separators, no quoting
  csv,    // RFC 4180: quotes, doubled quotes, line ends inside quotes
};

/// Calls `row` for each record that is not blank. `row` may throw RowError. What is refused for every row: a
/// record over 64 KiB, control bytes other than a tab, a quote that does not end, text after a closing quote.
/// Latin-1 is transcoded. Reading ends early once `bad` has too many.
void read_table_rows(const InputFile& file, TableForm form, std::string_view separator, BadRows& bad,
                     const std::function<void(const TableRow&)>& row);

}  // namespace embrace
