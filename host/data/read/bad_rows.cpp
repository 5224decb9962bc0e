#include "host/data/read/bad_rows.hpp"

#include <iterator>

#include "host/error.hpp"
#include "host/span.hpp"

namespace embrace {
namespace {

std::string quoted(const std::string& text) {
  if (text.find_first_of("\",\r\n") == std::string::npos) return text;
  std::string result = "\"";
  for (const char c : text) {
    if (c == '"') result += '"';
    result += c;
  }
  return result + '"';
}

}  // namespace

void BadRows::append(BadRows&& other) {
  rows_.insert(rows_.end(), std::make_move_iterator(other.rows_.begin()), std::make_move_iterator(other.rows_.end()));
}

void BadRows::throw_if_too_many() const {
  if (!too_many()) return;
  const BadRow& row = rows_[static_cast<std::size_t>(allowed_)];
  const std::string limit =
      allowed_ == 0 ? "" : " (bad row " + std::to_string(allowed_ + 1) + ", " + std::to_string(allowed_) + " allowed)";
  throw DataError(row.file, row.line, row.column, row.complaint.reason + limit, row.complaint.hint);
}

std::string rejects_csv(Span<const BadRow> rows) {
  std::string csv = "file,line,byte_offset,column,reason,text\n";
  for (const BadRow& row : rows) {
    csv += quoted(row.file) + ',' + std::to_string(row.line) + ',' + std::to_string(row.byte_offset) + ',' +
           std::to_string(row.column) + ',' + quoted(row.complaint.reason) + ',' + quoted(row.text) + '\n';
  }
  return csv;
}

}  // namespace embrace
