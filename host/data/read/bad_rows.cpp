#include "host/data/read/bad_rows.hpp"

#include <iterator>

#include "host/csv.hpp"
#include "host/error.hpp"
#include "host/span.hpp"

namespace embrace {
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
    csv += csv_cell(row.file) + ',' + std::to_string(row.line) + ',' + std::to_string(row.byte_offset) + ',' +
           std::to_string(row.column) + ',' + csv_cell(row.complaint.reason) + ',' + csv_cell(row.text) + '\n';
  }
  return csv;
}

}  // namespace embrace
